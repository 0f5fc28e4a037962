"""Translations in the admin: drafts, publishing, and the state next to the English version."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from policies import workflow
from policies.models import Policy, PolicyTranslation

LIST = "admin:policies_policytranslation_changelist"


def create_translation(policy: Policy, language: str = "fr") -> PolicyTranslation:
    version = policy.versions.get()
    return PolicyTranslation.objects.create(
        version=version, language=language, title="Livraison", body="Le lundi."
    )


# Mutation: without the replacement in the form, the row had "Le\r\nlundi.".
def test_translation_is_written_and_published_and_then_final(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    data = {"version": version.pk, "language": "fr", "title": "Livraison", "body": "Le\r\nlundi."}
    staff.post(reverse("admin:policies_policytranslation_add"), data)
    translation = PolicyTranslation.objects.get()
    assert translation.body == "Le\nlundi."
    change = reverse("admin:policies_policytranslation_change", args=[translation.pk])
    assert "We ship on Mondays." in staff.get(change).content.decode()
    publish = reverse("admin:policies_policytranslation_action", args=[translation.pk, "publish"])
    assert "cannot be changed or withdrawn" in staff.get(publish).content.decode()
    staff.post(publish)
    translation.refresh_from_db()
    assert translation.sha256 == translation.calculate_sha256()
    assert translation.translator == charlie
    before = PolicyTranslation.objects.values().get()
    assert staff.post(change, data | {"body": "Le mardi."}).status_code == 403
    delete = reverse("admin:policies_policytranslation_delete", args=[translation.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    staff.post(publish)
    assert PolicyTranslation.objects.values().get() == before


def test_translation_of_a_superseded_version_is_outdated(staff: Client, shipping: Policy) -> None:
    create_translation(shipping)
    url = reverse(LIST)
    assert "outdated" not in staff.get(url).content.decode()
    workflow.adopt(shipping, "We ship on Tuesdays.")
    assert "draft, outdated" in staff.get(url).content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"language": "français"}, "Enter a language code such as fr or fr-CA."),
        ({"language": "../x"}, "Enter a language code such as fr or fr-CA."),
        ({"body": ""}, "This field is required."),
    ],
)
def test_invalid_translation_is_rejected(
    changes: dict[str, str], message: str, staff: Client, shipping: Policy
) -> None:
    version = shipping.versions.get()
    data = {"version": version.pk, "language": "fr", "title": "Livraison", "body": "Le lundi."}
    response = staff.post(reverse("admin:policies_policytranslation_add"), data | changes)
    assert message in response.content.decode()
    assert not PolicyTranslation.objects.exists()


# Mutation: with a query per row, three rows took two more queries than one.
def test_list_takes_a_fixed_number_of_queries(staff: Client, shipping: Policy) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse(LIST))
        return len(queries)

    create_translation(shipping, "fr")
    one = count_queries()
    create_translation(shipping, "de")
    create_translation(shipping, "es")
    assert count_queries() == one
