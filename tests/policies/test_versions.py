"""A published text is final, sealed and numbered; drafts are free."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies import publishing, services
from policies.models import Acceptance, Policy, PolicyVersion, PublishedTextIsFinal, normal

pytestmark = pytest.mark.django_db


@pytest.fixture
def privacy() -> Policy:
    return Policy.objects.create(
        slug="privacy", title="Privacy", position=1, accepted_at_checkout=True
    )


def a_text(policy: Policy, body: str = "We ask for little.") -> PolicyVersion:
    return publishing.adopt(policy, body)


def row(version: PolicyVersion) -> dict[str, object]:
    return PolicyVersion.objects.filter(pk=version.pk).values().get()


def test_texts_are_numbered_in_order_and_each_seal_covers_the_one_before(privacy: Policy) -> None:
    first, second = a_text(privacy), a_text(privacy, "We ask for less.")
    assert (first.number, second.number) == (1, 2)
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == first.sha256
    assert second.sha256 != first.sha256


def test_the_seal_is_the_sha256_of_the_canonical_text(privacy: Policy) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 18, 0, tzinfo=UTC), tick=False):
        version = a_text(privacy, "Caf\u0065\u0301\r\n  kept  \r\n")
    assert version.canonical_text() == (
        '{"body":"Caf\u00e9\\n  kept","effective_from":"2026-05-01T18:00:00+00:00",'
        '"kind":"editorial","number":1,'
        '"policy":"privacy","previous":"","published_at":"2026-05-01T18:00:00+00:00","summary":""}'
    )
    assert version.sha256 == "f037e50e3e472812bc4df28698fe1e0aca3223924829d310d8300ccee8322a8f"


def test_publishing_twice_gives_one_text(privacy: Policy) -> None:
    version = a_text(privacy)
    before = row(version)
    again = publishing.publish(version)
    assert row(again) == before
    assert PolicyVersion.objects.count() == 1


@pytest.mark.promise("texts-stay")
def test_a_published_text_cannot_be_saved_updated_or_deleted(privacy: Policy) -> None:
    version = a_text(privacy)
    before = row(version)
    version.body = "We ask for everything."
    for refused in (
        version.save,
        version.delete,
        lambda: PolicyVersion.objects.update(body="x"),
        lambda: PolicyVersion.objects.filter(pk=version.pk).delete(),
        lambda: PolicyVersion.objects.bulk_update([version], ["body"]),
        lambda: privacy.versions.update(body="x"),
        lambda: PolicyVersion.objects.update_or_create(pk=version.pk, defaults={"body": "x"}),
    ):
        with pytest.raises(PublishedTextIsFinal):
            refused()
        assert row(version) == before


def test_one_published_text_among_drafts_keeps_all_of_them_unchanged(privacy: Policy) -> None:
    a_text(privacy)
    draft = PolicyVersion.objects.create(policy=privacy, body="Draft.")
    with pytest.raises(PublishedTextIsFinal):
        PolicyVersion.objects.update(body="x")
    assert row(draft)["body"] == "Draft."


def test_a_draft_may_be_changed_and_deleted(privacy: Policy) -> None:
    draft = PolicyVersion.objects.create(policy=privacy, body="Draft.")
    draft.body = "Better."
    draft.save()
    PolicyVersion.objects.filter(pk=draft.pk).update(summary="New")
    assert (row(draft)["body"], row(draft)["summary"]) == ("Better.", "New")
    draft.delete()
    assert not PolicyVersion.objects.exists()


def test_the_database_refuses_a_text_that_is_published_without_number_and_seal(
    privacy: Policy,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(policy=privacy, body="x", published_at=timezone.now())
    assert not PolicyVersion.objects.exists()


def test_a_text_takes_effect_on_its_day(privacy: Policy) -> None:
    first = a_text(privacy)
    later = publishing.midnight(timezone.localdate() + timedelta(days=30))
    second = publishing.adopt(privacy, "From next month.", effective_on=timezone.localdate(later))
    assert services.current_version("privacy") == first
    with time_machine.travel(later, tick=False):
        assert services.current_version("privacy") == second


def test_no_text_in_force_is_said_and_not_guessed(privacy: Policy) -> None:
    PolicyVersion.objects.create(policy=privacy, body="Draft.")
    with pytest.raises(PolicyVersion.DoesNotExist):
        services.current_version("privacy")


def test_checkout_asks_for_the_newest_text_of_each_marked_policy_with_one_query(
    privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_text(privacy)
    newest = a_text(privacy, "Second.")
    a_text(Policy.objects.create(slug="about", title="About us"))
    with django_assert_num_queries(1):
        required = services.required_for_checkout()
        assert [(v.pk, str(v)) for v in required] == [(newest.pk, "Privacy v2")]


@pytest.mark.promise("acceptance-kept")
def test_an_acceptance_is_recorded_once_with_the_words_that_were_shown(privacy: Policy) -> None:
    version = a_text(privacy)
    services.accept(version, "order:100017", "I agree to the privacy policy.")
    services.accept(version, "order:100017", "Other words.")
    assert list(Acceptance.objects.values_list("version", "subject", "label")) == [
        (version.pk, "order:100017", "I agree to the privacy policy.")
    ]


@pytest.mark.promise("succession")
def test_tampering_past_the_model_is_found(
    privacy: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    version = a_text(privacy)
    a_text(privacy, "Second.")
    call_command("verify_policies")
    assert capsys.readouterr().out == "policies: 2 versions, chain intact\n"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # somebody who may do anything
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE policies_policyversion DISABLE TRIGGER USER")
        cursor.execute("UPDATE policies_policyversion SET body='x' WHERE id=%s", [version.pk])
    with pytest.raises(CommandError, match="Privacy v1"):
        call_command("verify_policies")


def test_line_ends_and_accents_do_not_make_another_text() -> None:
    assert normal("e\u0301 \r\nb\n\n") == normal("\u00e9\nb") == "\u00e9\nb"
