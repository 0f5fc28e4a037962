"""What staff keep about policies: evidence to print, reading again, translations."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from policies import publishing, services
from policies.models import Context, Policy, PolicyTranslation, Review
from tests.policies.conftest import at_the_desk, may, shipping

__all__ = ["at_the_desk", "shipping"]


def test_the_evidence_of_an_order_shows_words_text_seal_and_moment(
    staff: Client, alice: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    with time_machine.travel(datetime(2026, 5, 1, 18, 0, tzinfo=UTC), tick=False):
        label = "I have read and agree to <Shipping> (version 1)."
        services.accept(version, "order:100017", label, user=alice, address="203.0.113.77")
        services.accept(version, "order:100025", "Another order.")
    url = reverse("admin:policies_acceptance_evidence", args=["order:100017"])
    seen = staff.get(url).content.decode()
    assert "“I have read and agree to &lt;Shipping&gt; (version 1).”" in seen
    assert "<p>We post on Mondays.</p>" in seen
    assert "1 May 2026, 12:00:00" in seen
    assert "2026-05-01 18:00:00 UTC" in seen
    assert "203.0.113.0/24" in seen
    assert "203.0.113.77" not in seen
    assert version.sha256 in seen
    assert "The text below gives this seal." in seen
    assert "alice@example.com" in seen
    assert "Another order." not in seen


# Broken once: without the account's own orders in `evidence.about`, one agreement stood there.
def test_the_evidence_of_an_account_holds_its_orders_too(
    staff: Client, alice: User, bob: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    services.accept(version, f"account:{alice.pk}", "At registration.", user=alice)
    services.accept(version, "order:100017", "At the till.", user=alice)
    services.accept(version, f"account:{bob.pk}", "Somebody else.", user=bob)
    url = reverse("admin:policies_acceptance_evidence", args=[f"account:{alice.pk}"])
    seen = staff.get(url).content.decode()
    assert "2 agreements" in seen
    assert seen.index("At registration.") < seen.index("At the till.")
    assert "Somebody else." not in seen


# Broken once: with each agreement's own text, the words stood there three times.
def test_evidence_prints_a_text_once_however_often_it_was_agreed_to(
    staff: Client, alice: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    for number in (100017, 100025, 100033):
        services.accept(version, f"order:{number}", "At the till.", user=alice)
    url = reverse("admin:policies_acceptance_evidence", args=[f"account:{alice.pk}"])
    seen = staff.get(url).content.decode()
    assert seen.count("<p>We post on Mondays.</p>") == 1
    assert seen.count("The text below gives this seal.") == 1
    assert seen.count("The text above gives this seal.") == 2


@pytest.mark.parametrize("subject", ["order:1", "nonsense", "account:" + "9" * 40, "order:'--"])
def test_evidence_of_nothing_is_not_found(subject: str, staff: Client, shipping: Policy) -> None:
    url = reverse("admin:policies_acceptance_evidence", args=[subject])
    assert staff.get(url).status_code == 404


# Broken once: without the question for the right, the page answered 200.
def test_evidence_is_for_who_may_see_agreements(at_the_desk: Any, shipping: Policy) -> None:
    services.accept(shipping.versions.get(), "order:100017", "I agree.")
    url = reverse("admin:policies_acceptance_evidence", args=["order:100017"])
    assert at_the_desk("alice").get(url).status_code == 403


def test_the_page_of_an_account_leads_to_its_evidence(
    staff: Client, alice: User, bob: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    services.accept(version, f"account:{alice.pk}", "At registration.", user=alice)
    services.accept(version, "order:100017", "At the till.", user=alice)
    url = reverse("admin:policies_acceptance_evidence", args=[f"account:{alice.pk}"])
    link = f'<a href="{url}">The evidence of 2 agreements, to print</a>'
    page = staff.get(reverse("admin:users_user_change", args=[alice.pk])).content.decode()
    assert link in page
    assert staff.get(url).status_code == 200
    page = staff.get(reverse("admin:users_user_change", args=[bob.pk])).content.decode()
    assert "Nothing is recorded." in page


# Broken once: with the part shown to everybody, the link stood on the page.
def test_who_may_not_see_agreements_finds_none_on_the_page_of_an_account(
    client: Client, alice: User, bob: User, shipping: Policy
) -> None:
    services.accept(shipping.versions.get(), f"account:{alice.pk}", "I agree.", user=alice)
    client.force_login(may(bob, "view_user"))
    page = client.get(reverse("admin:users_user_change", args=[alice.pk])).content.decode()
    assert "alice@example.com" in page
    assert "evidence" not in page


def test_a_texts_page_counts_who_agreed_where(staff: Client, shipping: Policy) -> None:
    version = shipping.versions.get()
    for number in range(3):
        services.accept(version, f"order:10001{number}", "I agree.")
    services.accept(version, "account:7", "I agree.", context=Context.REGISTRATION)
    seen = staff.get(
        reverse("admin:policies_policyversion_change", args=[version.pk])
    ).content.decode()
    assert "3 at checkout, 1 at registration" in seen


def test_a_policy_that_should_be_read_again_is_counted_listed_and_read(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    other = Policy.objects.create(slug="returns", title="Returns", review_by=date(2027, 1, 1))
    shipping.review_by = date(2026, 4, 30)
    shipping.save()
    with time_machine.travel(datetime(2026, 5, 1, 5, 59, tzinfo=UTC), tick=False):
        assert services.overdue_reviews() == []  # still 30 April in Saskatoon
    with time_machine.travel(datetime(2026, 5, 1, 6, 0, tzinfo=UTC), tick=False):
        client = Client()
        client.force_login(charlie)
        assert services.overdue_reviews() == [shipping]
        url = reverse("admin:policies_policy_changelist")
        seen = client.get(url, {"review": "overdue"}).content.decode()
        assert "30 Apr 2026, overdue" in seen
        assert f"/policies/policy/{other.pk}/change/" not in seen
        again = reverse("admin:policies_policy_read_again", args=[shipping.pk])
        assert 'value="2027-05-01"' in client.get(again).content.decode()
        client.post(again, {"next_by": "2026-05-01"})
        assert not Review.objects.exists()
        client.post(again, {"next_by": "2027-05-01"})
        assert services.overdue_reviews() == []
    review = Review.objects.get()
    assert (review.policy, review.version.number, review.by, review.next_by) == (
        shipping, 1, charlie, date(2027, 5, 1),
    )  # fmt: skip


def test_who_may_not_review_does_not(at_the_desk: Any, shipping: Policy) -> None:
    again = reverse("admin:policies_policy_read_again", args=[shipping.pk])
    assert at_the_desk("bob").post(again, {"next_by": "2099-01-01"}).status_code == 403
    assert not Review.objects.exists()


# Broken once: with the words taken as they were sent, the row held "Le\r\nlundi.".
def test_a_translation_is_written_published_and_final(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    add = reverse("admin:policies_policytranslation_add")
    data = {"version": version.pk, "language": "fr", "title": "Livraison", "body": "Le\r\nlundi."}
    staff.post(add, data)
    made = PolicyTranslation.objects.get()
    assert made.body == "Le\nlundi."
    change = reverse("admin:policies_policytranslation_change", args=[made.pk])
    assert "We post on Mondays." in staff.get(change).content.decode()
    publish = reverse("admin:policies_policytranslation_publish", args=[made.pk])
    assert staff.get(publish).status_code == 405
    staff.post(publish)
    made.refresh_from_db()
    assert made.sha256 == made.seal()
    assert made.translator == charlie
    before = PolicyTranslation.objects.values().get()
    assert staff.post(change, data | {"body": "Le mardi."}).status_code == 403
    delete = reverse("admin:policies_policytranslation_delete", args=[made.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    staff.post(publish)
    assert PolicyTranslation.objects.values().get() == before


def test_a_translation_of_an_old_text_is_said_to_be_out_of_date(
    staff: Client, shipping: Policy
) -> None:
    PolicyTranslation.objects.create(
        version=shipping.versions.get(), language="fr", title="Livraison", body="Le lundi."
    )
    url = reverse("admin:policies_policytranslation_changelist")
    assert "out of date" not in staff.get(url).content.decode()
    publishing.adopt(shipping, "We post on Tuesdays.")
    assert "draft, out of date" in staff.get(url).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"language": "français"}, "Write a language as fr or fr-CA."),
        ({"language": "../x"}, "Write a language as fr or fr-CA."),
        ({"body": ""}, "This field is required."),
    ],
)
def test_a_translation_that_cannot_be_is_refused(
    changes: dict[str, str], words: str, staff: Client, shipping: Policy
) -> None:
    version = shipping.versions.get()
    data = {"version": version.pk, "language": "fr", "title": "Livraison", "body": "Le lundi."}
    answer = staff.post(reverse("admin:policies_policytranslation_add"), data | changes)
    assert words in answer.content.decode()
    assert not PolicyTranslation.objects.exists()


# Broken once: with a question to the database for each row, three rows cost two more than one.
def test_the_list_of_translations_costs_the_same_for_many(staff: Client, shipping: Policy) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            staff.get(reverse("admin:policies_policytranslation_changelist"))
        return len(seen)

    rows = {"version": shipping.versions.get(), "title": "Livraison", "body": "Le lundi."}
    PolicyTranslation.objects.create(language="fr", **rows)
    one = queries()
    for language in ("de", "es"):
        PolicyTranslation.objects.create(language=language, **rows)
    assert queries() == one
