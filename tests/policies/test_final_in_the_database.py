"""PostgreSQL itself keeps what was published and agreed to, also from plain SQL."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.users.models import User
from policies import publishing, services
from policies.models import Acceptance, Policy, PolicyTranslation, PolicyVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _needs_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has the triggers")


def sql(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def everything() -> list[Any]:
    models = (PolicyVersion, PolicyTranslation, Acceptance)
    return [list(model.objects.order_by("pk").values()) for model in models]


# Broken once: with the triggers disabled eight of the nine went through; a foreign key stopped one.
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_policyversion SET body = 'We post never.'",
        "UPDATE policies_policyversion SET effective_from = now() - interval '1 year'",
        "UPDATE policies_policyversion SET published_at = NULL, stage = 'draft'",
        "DELETE FROM policies_policyversion",
        "UPDATE policies_policytranslation SET body = 'Jamais.'",
        "DELETE FROM policies_policytranslation",
        "UPDATE policies_acceptance SET label = 'Whatever you like.'",
        "UPDATE policies_acceptance SET user_id = NULL, answer = 'refused'",
        "DELETE FROM policies_acceptance",
    ],
)
def test_plain_sql_cannot_change_or_delete_it(
    statement: str, shipping: Policy, alice: User
) -> None:
    version = shipping.versions.get()
    services.accept(version, "order:100017", "I agree.", user=alice)
    translation = PolicyTranslation.objects.create(
        version=version, language="fr", title="Livraison", body="Le lundi."
    )
    publishing.publish_translation(translation, by=alice)
    before = everything()
    with pytest.raises(DatabaseError, match="never changes|agreed to stays"), transaction.atomic():
        sql(statement)
    assert everything() == before


def test_drafts_are_free_and_an_account_may_go(shipping: Policy, alice: User) -> None:
    draft = publishing.new_draft(shipping, by=None)
    services.accept(shipping.versions.published().get(), "account:1", "I agree.", user=alice)
    assert sql("UPDATE policies_policyversion SET source = 'x' WHERE id = %s", draft.pk) == 1
    assert sql("UPDATE policies_acceptance SET user_id = NULL") == 1
    assert Acceptance.objects.get().label == "I agree."
