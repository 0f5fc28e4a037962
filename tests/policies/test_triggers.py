"""PostgreSQL keeps published versions and acceptances unchanged, also from plain SQL."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.users.models import User
from policies import services, workflow
from policies.models import Acceptance, Policy, PolicyTranslation, PolicyVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _needs_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has the triggers")


def run_sql(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def all_rows() -> list[Any]:
    models = (PolicyVersion, PolicyTranslation, Acceptance)
    return [list(model.objects.order_by("pk").values()) for model in models]


# Mutation: with the triggers disabled, all but one of the statements ran; a foreign key
# stopped that one.
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_policyversion SET body = 'We never ship.'",
        "UPDATE policies_policyversion SET effective_from = now() - interval '1 year'",
        "UPDATE policies_policyversion SET published_at = NULL, stage = 'draft'",
        "DELETE FROM policies_policyversion",
        "UPDATE policies_policytranslation SET body = 'Jamais.'",
        "DELETE FROM policies_policytranslation",
        "UPDATE policies_acceptance SET label = 'Anything.'",
        "UPDATE policies_acceptance SET user_id = NULL, network = '10.0.0.0/24'",
        "UPDATE policies_acceptance SET user_id = user_id + 1",
        "DELETE FROM policies_acceptance",
    ],
)
def test_sql_cannot_change_published_rows(statement: str, shipping: Policy, alice: User) -> None:
    version = shipping.versions.get()
    services.accept(version, "order:100017", "I agree.", user=alice)
    translation = PolicyTranslation.objects.create(
        version=version, language="fr", title="Livraison", body="Le lundi."
    )
    workflow.publish_translation(translation, user=alice)
    before = all_rows()
    with pytest.raises(DatabaseError, match="is immutable"), transaction.atomic():
        run_sql(statement)
    assert all_rows() == before


def test_drafts_can_change_and_accounts_can_be_deleted(shipping: Policy, alice: User) -> None:
    draft = workflow.create_draft(shipping, user=None)
    services.accept(shipping.versions.published().get(), "account:1", "I agree.", user=alice)
    assert run_sql("UPDATE policies_policyversion SET source = 'x' WHERE id = %s", draft.pk) == 1
    assert run_sql("UPDATE policies_acceptance SET user_id = NULL") == 1
    assert Acceptance.objects.get().label == "I agree."
