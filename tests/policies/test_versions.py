"""Published versions are immutable, hashed and numbered; drafts can change."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies import services, workflow
from policies.models import Acceptance, Policy, PolicyVersion, PublishedIsImmutable, normalize
from tests.policies.versions import current_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def privacy() -> Policy:
    return Policy.objects.create(
        slug="privacy", title="Privacy", position=1, required_at_checkout=True
    )


def publish(policy: Policy, body: str = "We ask for little.") -> PolicyVersion:
    return workflow.adopt(policy, body)


def row(version: PolicyVersion) -> dict[str, object]:
    return PolicyVersion.objects.filter(pk=version.pk).values().get()


def test_versions_are_numbered_and_chained(privacy: Policy) -> None:
    first, second = publish(privacy), publish(privacy, "We ask for less.")
    assert (first.number, second.number) == (1, 2)
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == first.sha256
    assert second.sha256 != first.sha256


def test_hash_is_the_sha256_of_the_canonical_text(privacy: Policy) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 18, 0, tzinfo=UTC), tick=False):
        version = publish(privacy, "Caf\u0065\u0301\r\n  kept  \r\n")
    canonical = (
        '{"body":"Caf\u00e9\\n  kept","change_type":"editorial",'
        '"effective_from":"2026-05-01T18:00:00+00:00","number":1,"policy":"privacy",'
        '"previous_sha256":"","published_at":"2026-05-01T18:00:00+00:00",'
        '"short_notice_reason":"","summary":""}'
    )
    assert version.canonical_text() == canonical
    assert version.sha256 == hashlib.sha256(canonical.encode()).hexdigest()


def test_publishing_twice_publishes_once(privacy: Policy) -> None:
    version = publish(privacy)
    before = row(version)
    again = workflow.publish(version)
    assert row(again) == before
    assert PolicyVersion.objects.count() == 1


@pytest.mark.promise("texts-stay")
def test_published_version_cannot_be_changed_or_deleted(privacy: Policy) -> None:
    version = publish(privacy)
    before = row(version)
    version.body = "We ask for everything."
    for change in (
        version.save,
        version.delete,
        lambda: PolicyVersion.objects.update(body="x"),
        lambda: PolicyVersion.objects.filter(pk=version.pk).delete(),
        lambda: PolicyVersion.objects.bulk_update([version], ["body"]),
        lambda: privacy.versions.update(body="x"),
        lambda: PolicyVersion.objects.update_or_create(pk=version.pk, defaults={"body": "x"}),
    ):
        with pytest.raises(PublishedIsImmutable):
            change()
        assert row(version) == before


def test_update_that_includes_a_published_version_changes_nothing(privacy: Policy) -> None:
    publish(privacy)
    draft = PolicyVersion.objects.create(policy=privacy, body="Draft.")
    with pytest.raises(PublishedIsImmutable):
        PolicyVersion.objects.update(body="x")
    assert row(draft)["body"] == "Draft."


def test_draft_can_be_changed_and_deleted(privacy: Policy) -> None:
    draft = PolicyVersion.objects.create(policy=privacy, body="Draft.")
    draft.body = "Better."
    draft.save()
    PolicyVersion.objects.filter(pk=draft.pk).update(summary="New")
    assert (row(draft)["body"], row(draft)["summary"]) == ("Better.", "New")
    draft.delete()
    assert not PolicyVersion.objects.exists()


def test_database_rejects_published_version_without_number_and_hash(privacy: Policy) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(policy=privacy, body="x", published_at=timezone.now())
    assert not PolicyVersion.objects.exists()


def test_version_takes_effect_on_its_date(privacy: Policy) -> None:
    first = publish(privacy)
    later = workflow.midnight(timezone.localdate() + timedelta(days=30))
    second = workflow.adopt(privacy, "From next month.", effective_on=timezone.localdate(later))
    assert current_version("privacy") == first
    with time_machine.travel(later, tick=False):
        assert current_version("privacy") == second


def test_policy_without_version_in_force_raises(privacy: Policy) -> None:
    PolicyVersion.objects.create(policy=privacy, body="Draft.")
    with pytest.raises(PolicyVersion.DoesNotExist):
        current_version("privacy")


def test_required_for_checkout_returns_newest_versions_in_one_query(
    privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    publish(privacy)
    newest = publish(privacy, "Second.")
    publish(Policy.objects.create(slug="about", title="About us"))
    with django_assert_num_queries(1):
        required = services.required_for_checkout()
        assert [(v.pk, str(v)) for v in required] == [(newest.pk, "Privacy v2")]


@pytest.mark.promise("acceptance-kept")
def test_acceptance_is_recorded_once_with_its_label(privacy: Policy) -> None:
    version = publish(privacy)
    services.accept(version, "order:100017", "I agree to the privacy policy.")
    services.accept(version, "order:100017", "Other words.")
    assert list(Acceptance.objects.values_list("version", "subject", "label")) == [
        (version.pk, "order:100017", "I agree to the privacy policy.")
    ]


@pytest.mark.promise("succession")
def test_tampering_outside_the_models_is_detected(
    privacy: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    version = publish(privacy)
    publish(privacy, "Second.")
    call_command("verify_policies")
    assert capsys.readouterr().out == "policies: 2 versions, chain intact\n"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # as the owner of the database could
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE policies_policyversion DISABLE TRIGGER USER")
        cursor.execute("UPDATE policies_policyversion SET body='x' WHERE id=%s", [version.pk])
    with pytest.raises(CommandError, match="Privacy v1"):
        call_command("verify_policies")


def test_line_ends_and_accents_are_normalized() -> None:
    assert normalize("e\u0301 \r\nb\n\n") == normalize("\u00e9\nb") == "\u00e9\nb"
