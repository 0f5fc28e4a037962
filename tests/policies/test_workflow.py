"""From draft to effect: who may do what, when, and what is rejected."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.users.models import User
from policies import services, workflow
from policies.models import ChangeType, Policy, PolicyVersion, VersionEvent
from policies.states import Stage
from policies.workflow import PolicyError

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)  # in Saskatoon


def rows() -> list[dict[str, Any]]:
    """Return every version and event as stored."""
    versions = [*PolicyVersion.objects.order_by("pk").values()]
    return versions + [*VersionEvent.objects.order_by("pk").values()]


def events(version: PolicyVersion) -> list[tuple[str, str | None, str]]:
    return [
        (event.action, event.user.first_name if event.user else None, event.comment)
        for event in version.events.all()
    ]


def test_version_goes_from_draft_to_published_with_events(
    shipping: Policy, alice: User, bob: User, charlie: User
) -> None:
    draft = workflow.create_draft(shipping, user=alice)
    assert (draft.source, draft.state) == ("We ship on Mondays.", Stage.DRAFT)
    draft.source, draft.summary = "We ship on Tuesdays.", "Another day."
    workflow.save_draft(draft, user=alice)
    assert workflow.submit_for_review(draft, user=alice).state == Stage.REVIEW
    returned = workflow.return_to_draft(draft, user=bob, comment="Say when it arrives.")
    assert returned.state == Stage.DRAFT
    draft.source = "We ship on Tuesdays, for Friday."
    workflow.save_draft(draft, user=alice)
    workflow.submit_for_review(draft, user=alice)
    assert workflow.approve(draft, user=bob).approver == bob
    version = workflow.publish(draft, user=charlie)
    assert (version.number, version.state) == (2, Stage.SCHEDULED)
    assert (version.author, version.approver) == (alice, bob)
    assert version.body == "We ship on Tuesdays, for Friday."
    assert events(version) == [
        ("edited", "alice", ""),
        ("edited", "alice", ""),
        ("submitted", "alice", ""),
        ("returned", "bob", "Say when it arrives."),
        ("edited", "alice", ""),
        ("submitted", "alice", ""),
        ("approved", "bob", ""),
        ("published", "charlie", ""),
    ]


# Mutation: with only `author_id` checked, Bob approved his own edit.
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_editors_cannot_approve(name: str, create_draft: Any, alice: User, bob: User) -> None:
    draft = create_draft("We ship on Tuesdays.")
    workflow.save_draft(draft, user=bob)
    workflow.submit_for_review(draft, user=alice)
    before = rows()
    with pytest.raises(PolicyError, match="Someone else must approve it"):
        workflow.approve(draft, user={"alice": alice, "bob": bob}[name])
    assert rows() == before


def test_returned_version_loses_its_approver(approved: PolicyVersion, bob: User) -> None:
    returned = workflow.return_to_draft(approved, user=bob, comment="Once more.")
    assert (returned.stage, returned.approver) == (Stage.DRAFT, None)


@pytest.mark.parametrize("stage", ["review", "approved", "published"])
def test_only_drafts_can_be_edited(
    stage: str, approved: PolicyVersion, alice: User, bob: User
) -> None:
    version = approved
    if stage == "review":
        workflow.return_to_draft(version, user=bob, comment="Once more.")
        version = workflow.submit_for_review(version, user=alice)
    if stage == "published":
        version = workflow.publish(version)
    before = rows()
    version.source = "We never ship."
    with pytest.raises(PolicyError, match="can no longer be edited"):
        workflow.save_draft(version, user=alice)
    assert rows() == before


def test_unapproved_version_cannot_be_published(shipping: Policy, alice: User) -> None:
    draft = workflow.create_draft(shipping, user=alice)
    before = rows()
    with pytest.raises(PolicyError, match="This version is draft and cannot be published"):
        workflow.publish(draft, user=alice)
    assert rows() == before


def test_unknown_variable_blocks_review(shipping: Policy, alice: User) -> None:
    draft = workflow.create_draft(shipping, user=alice)
    draft.source, draft.summary = "Call us:\n\n{{ telefone }}", "Telephone."
    workflow.save_draft(draft, user=alice)
    before = rows()
    with pytest.raises(PolicyError, match="Line 3: unknown variable “telefone”"):
        workflow.submit_for_review(draft, user=alice)
    assert rows() == before


def test_action_on_an_outdated_page_is_rejected(create_draft: Any, alice: User, bob: User) -> None:
    draft = create_draft("We ship on Tuesdays.")
    workflow.submit_for_review(draft, user=alice)
    seen = workflow.last_event(draft)
    workflow.return_to_draft(draft, user=alice, comment="Wait.")
    draft.refresh_from_db()
    draft.source = "We never ship."
    workflow.save_draft(draft, user=alice)
    workflow.submit_for_review(draft, user=alice)
    before = rows()
    with pytest.raises(PolicyError, match="Someone else has changed this version"):
        workflow.approve(draft, user=bob, seen=seen)
    assert rows() == before


# --- Dates ---------------------------------------------------------------------------------------


def test_material_change_takes_effect_after_the_notice_period(approved: PolicyVersion) -> None:
    with time_machine.travel(NOON, tick=False):
        version = workflow.publish(approved)
    assert version.effective_from == datetime(2026, 6, 1, 6, 0, tzinfo=UTC)  # 30 whole days later


@pytest.mark.parametrize(("day", "reason"), [(date(2026, 5, 31), ""), (date(2026, 5, 2), "  ")])
def test_short_notice_without_reason_is_rejected(
    day: date, reason: str, approved: PolicyVersion
) -> None:
    before = rows()
    message = "30 days of notice: it can take effect on June 1, 2026 or later"
    with time_machine.travel(NOON, tick=False), pytest.raises(PolicyError, match=message):
        workflow.publish(approved, effective_on=day, short_notice_reason=reason)
    assert rows() == before


def test_reason_for_short_notice_is_stored_and_hashed(
    approved: PolicyVersion, charlie: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        version = workflow.publish(
            approved, user=charlie, effective_on=date(2026, 5, 2), short_notice_reason="Strike."
        )
    assert version.effective_from == datetime(2026, 5, 2, 6, 0, tzinfo=UTC)
    assert version.short_notice_reason == "Strike."
    assert '"short_notice_reason":"Strike."' in version.canonical_text()
    assert events(version)[-1] == ("published", "charlie", "Strike.")


def test_reason_is_dropped_when_notice_is_long_enough(approved: PolicyVersion) -> None:
    with time_machine.travel(NOON, tick=False):
        version = workflow.publish(
            approved, effective_on=date(2026, 6, 1), short_notice_reason="Haste."
        )
    assert version.short_notice_reason == ""


def test_editorial_change_takes_effect_immediately(approved: PolicyVersion) -> None:
    PolicyVersion.objects.filter(pk=approved.pk).update(change_type=ChangeType.EDITORIAL)
    with time_machine.travel(datetime(2027, 1, 1, 18, 0, 0, 123456, tzinfo=UTC), tick=False):
        version = workflow.publish(approved)
        assert version.state == Stage.PUBLISHED
    assert version.effective_from == datetime(2027, 1, 1, 18, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("notice_days", [0, 7])
def test_notice_period_is_set_per_policy(notice_days: int, approved: PolicyVersion) -> None:
    Policy.objects.update(notice_days=notice_days)
    with time_machine.travel(NOON, tick=False):
        version = workflow.publish(approved)
    whole_days = timedelta(days=notice_days + 1)
    assert version.effective_from == datetime(2026, 5, 1, 6, 0, tzinfo=UTC) + whole_days


def test_past_date_and_date_before_the_newest_version_are_rejected(
    approved: PolicyVersion, create_approved: Any
) -> None:
    with time_machine.travel(NOON, tick=False):
        other = create_approved("We ship on Fridays.")
        workflow.publish(approved)
        before = rows()
        for day, message in (
            (date(2026, 4, 30), "cannot be in the past"),
            (date(2026, 5, 20), "Version 2 takes effect on June 1, 2026"),
        ):
            with pytest.raises(PolicyError, match=message):
                workflow.publish(other, effective_on=day, short_notice_reason="Haste.")
            assert rows() == before


def test_version_takes_effect_at_midnight_in_saskatoon(
    shipping: Policy, create_approved: Any
) -> None:
    first = shipping.versions.get()
    with time_machine.travel(NOON, tick=False):
        second = workflow.publish(create_approved("We ship on Tuesdays."))
    last_moment = datetime(2026, 6, 1, 5, 59, 59, 999999, tzinfo=UTC)
    assert services.version_at("shipping", last_moment) == first
    assert (first.state_at(last_moment), second.state_at(last_moment)) == ("published", "scheduled")
    midnight = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
    assert services.version_at("shipping", midnight) == second
    assert (first.state_at(midnight), second.state_at(midnight)) == ("superseded", "published")


# --- Restoring -----------------------------------------------------------------------------------


def test_restoring_a_version_publishes_a_new_one(
    approved: PolicyVersion, alice: User, bob: User
) -> None:
    Policy.objects.update(notice_days=0)
    second = workflow.publish(approved)
    first = second.policy.versions.get(number=1)
    stored = PolicyVersion.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk").values()
    before = list(stored)
    draft = workflow.create_draft(second.policy, user=alice, based_on=first)
    assert (draft.source, draft.summary) == ("We ship on Mondays.", "Restores version 1.")
    workflow.submit_for_review(draft, user=alice)
    workflow.approve(draft, user=bob)
    third = workflow.publish(draft)
    assert (third.number, third.body, third.restores) == (3, first.body, first)
    assert third.previous_sha256 == second.sha256
    assert third.sha256 != first.sha256
    assert list(stored.all()) == before
