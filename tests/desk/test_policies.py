"""Staff write, approve and publish policies in the admin, each step behind its own right."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from policies import publishing
from policies.models import (
    Policy,
    PolicyVersion,
    VersionEvent,
)
from policies.states import Stage
from tests.policies.conftest import approved, at_the_desk, begun, shipping

__all__ = ["approved", "at_the_desk", "shipping"]


def act(version: PolicyVersion, name: str) -> str:
    return reverse("admin:policies_policyversion_act", args=[version.pk, name])


def page(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def everything() -> list[Any]:
    models = (Policy, PolicyVersion, VersionEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def words(version: PolicyVersion, source: str, **changes: Any) -> dict[str, Any]:
    """What the browser sends to save a draft."""
    seen = publishing.last_step(version)
    return {"kind": "material", "summary": "New.", "source": source, "seen": seen, **changes}


def test_a_text_goes_through_the_desk_from_draft_to_published(
    at_the_desk: Any, shipping: Policy
) -> None:
    desk = at_the_desk("alice")
    answer = desk.post(reverse("admin:policies_policyversion_add"), {"policy": shipping.pk})
    draft = PolicyVersion.objects.get(published_at=None)
    assert answer["Location"] == page(draft)
    assert draft.source == "We post on Mondays."
    desk.post(page(draft), words(draft, "We post on Tuesdays."))
    assert desk.post(act(draft, "submit"))["Location"] == page(draft)
    desk = at_the_desk("bob")
    assert "Approve" in desk.get(page(draft)).content.decode()
    desk.post(act(draft, "approve"))
    desk = at_the_desk("charlie")
    day = publishing.earliest_day(draft).isoformat()
    assert f'value="{day}"' in desk.get(act(draft, "publish")).content.decode()
    desk.post(act(draft, "publish"), {"effective_on": day})
    made = PolicyVersion.objects.get(pk=draft.pk)
    assert (made.number, made.state, made.body) == (2, Stage.SCHEDULED, "We post on Tuesdays.")
    assert made.author is not None
    assert made.approver is not None
    assert (made.author.first_name, made.approver.first_name) == ("alice", "bob")
    seen = desk.get(page(made)).content.decode()
    assert "Shipping, version 2" in seen
    assert "<p>We post on Tuesdays.</p>" in seen
    assert made.sha256 in seen


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("alice", "approve"), ("alice", "publish"), ("bob", "submit"), ("bob", "publish"),
        ("bob", "restore"), ("charlie", "submit"), ("charlie", "approve"),
        ("charlie", "send-back"), ("charlie", "restore"),
    ],
)  # fmt: skip
def test_who_has_no_right_to_a_step_is_refused(
    who: str, name: str, at_the_desk: Any, approved: PolicyVersion
) -> None:
    before = everything()
    desk = at_the_desk(who)
    assert desk.get(act(approved, name)).status_code == 403
    assert desk.post(act(approved, name), {"effective_on": "2099-01-01"}).status_code == 403
    assert everything() == before


def test_a_writer_with_every_right_does_not_approve_their_own_words(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = begun(shipping, "We post on Tuesdays.", charlie)
    publishing.submit(draft, by=charlie)
    before = everything()
    answer = staff.post(act(draft, "approve"))
    assert "You wrote on this text yourself." in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("name", ["policies_policyversion_change", "policies_policyversion_delete"])
def test_a_published_text_is_neither_changed_nor_deleted(
    name: str, staff: Client, shipping: Policy
) -> None:
    version = shipping.versions.get()
    before = everything()
    data = {**words(version, "We never post."), "post": "yes"}
    assert staff.post(reverse(f"admin:{name}", args=[version.pk]), data).status_code == 403
    assert everything() == before


def test_a_list_deletes_nothing(staff: Client, shipping: Policy) -> None:
    before = everything()
    rows = [version.pk for version in shipping.versions.all()]
    data = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    staff.post(reverse("admin:policies_policyversion_changelist"), data)
    assert everything() == before


def test_a_policys_address_stays_once_a_text_was_published(staff: Client, shipping: Policy) -> None:
    change = reverse("admin:policies_policy_change", args=[shipping.pk])
    data = {"title": "Delivery", "slug": "delivery", "position": 2, "notice_days": 30}
    data |= {"reviews-TOTAL_FORMS": 0, "reviews-INITIAL_FORMS": 0}
    assert staff.post(change, data).status_code == 302
    shipping.refresh_from_db()
    assert (shipping.title, shipping.slug) == ("Delivery", "shipping")


def test_the_notice_of_a_policy_is_not_shortened_without_a_reason(
    staff: Client, shipping: Policy
) -> None:
    change = reverse("admin:policies_policy_change", args=[shipping.pk])
    data = {"title": "Shipping", "slug": "shipping", "position": 0, "notice_days": 0}
    data |= {"reviews-TOTAL_FORMS": 0, "reviews-INITIAL_FORMS": 0}
    assert staff.post(change, data).status_code == 302
    shipping.refresh_from_db()
    assert shipping.notice_days == 30


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.APPROVED])
def test_a_text_is_not_written_on_while_somebody_reads_it(
    stage: Stage, staff: Client, approved: PolicyVersion
) -> None:
    PolicyVersion.objects.filter(pk=approved.pk).update(stage=stage)
    before = everything()
    assert staff.post(page(approved), words(approved, "Other words.")).status_code == 403
    assert everything() == before


def test_words_that_were_written_beside_somebody_elses_are_refused(
    staff: Client, charlie: User, alice: User, shipping: Policy
) -> None:
    draft = publishing.new_draft(shipping, by=charlie)
    mine = words(draft, "My words.")
    draft.source = "Her words."
    publishing.write(draft, by=alice)
    before = everything()
    answer = staff.post(page(draft), mine)
    assert "Somebody worked on this text since you opened it." in answer.content.decode()
    assert everything() == before


def test_too_little_notice_is_refused_and_a_reason_is_kept(
    staff: Client, approved: PolicyVersion
) -> None:
    before = everything()
    today = timezone.localdate().isoformat()
    answer = staff.post(act(approved, "publish"), {"effective_on": today})
    assert "A material change takes effect after 30 days of notice" in answer.content.decode()
    assert everything() == before
    data = {"effective_on": today, "short_notice": "The post strikes."}
    assert staff.post(act(approved, "publish"), data).status_code == 302
    made = PolicyVersion.objects.get(pk=approved.pk)
    assert (made.state, made.short_notice) == (Stage.PUBLISHED, "The post strikes.")
    assert "The post strikes." in staff.get(page(made)).content.decode()


# Broken once: without the replacement in `write` the row held "One.\r\n\r\nTwo.".
def test_what_a_browser_sends_is_kept_with_the_line_ends_of_the_other_texts(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = publishing.new_draft(shipping, by=charlie)
    staff.post(page(draft), words(draft, "One.\r\n\r\nTwo."))
    draft.refresh_from_db()
    assert draft.source == "One.\n\nTwo."


# Broken once: with the refusals joined, both sentences stood in one line.
def test_each_thing_that_keeps_a_text_from_review_is_a_line_of_its_own(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = publishing.new_draft(shipping, by=charlie)
    staff.post(page(draft), words(draft, "Ask {{ whoever }}.", summary=""))
    seen = staff.post(act(draft, "submit")).content.decode()
    assert "<li>Say in the summary what changes, in plain words.</li>" in seen
    assert "<li>Line 1: nobody knows the variable “whoever”.</li>" in seen
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT


def test_an_old_text_is_brought_back_as_a_draft(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    old = shipping.versions.get()
    publishing.adopt(shipping, "We post on Tuesdays.")
    answer = staff.post(act(old, "restore"))
    draft = PolicyVersion.objects.get(published_at=None)
    assert answer["Location"] == page(draft)
    assert (draft.source, draft.restores, draft.author) == ("We post on Mondays.", old, charlie)


def test_a_draft_may_be_deleted(at_the_desk: Any, alice: User, shipping: Policy) -> None:
    draft = publishing.new_draft(shipping, by=alice)
    url = reverse("admin:policies_policyversion_delete", args=[draft.pk])
    assert at_the_desk("alice").post(url, {"post": "yes"}).status_code == 302
    assert not PolicyVersion.objects.filter(pk=draft.pk).exists()


def test_the_list_says_where_each_text_stands_with_as_many_queries_for_more(
    staff: Client, alice: User, shipping: Policy, django_assert_max_num_queries: Any
) -> None:
    url = reverse("admin:policies_policyversion_changelist")
    for number in range(5):
        publishing.adopt(shipping, f"We post on day {number}.")
    publishing.new_draft(shipping, by=alice)
    with django_assert_max_num_queries(8):
        seen = staff.get(url).content.decode()
    assert seen.count("state-text-superseded") == 5
    assert seen.count("state-text-published") == 1
    assert seen.count("state-text-draft") == 1
    assert "Shipping v6" in seen


# --- The preview ---------------------------------------------------------------------------------


def preview(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_preview", args=[version.pk])


def test_the_preview_shows_words_changes_and_findings_and_writes_nothing(
    at_the_desk: Any, alice: User, shipping: Policy
) -> None:
    draft = begun(shipping, "We post on Tuesdays.", alice)
    before = everything()
    source = "We post on **Fridays**, {{ whenever }}.\n\n<script>alert(1)</script>"
    answer = at_the_desk("alice").post(preview(draft), {"source": source, "summary": "x"})
    page = answer.content.decode()
    assert "<strong>Fridays</strong>" in page
    assert "<del" in page
    assert "Line 1: nobody knows the variable “whenever”." in page
    assert "<strong>[whenever?]</strong>" in page
    assert "<script" not in page
    assert everything() == before


def test_a_preview_is_for_who_may_write_and_only_of_drafts(
    at_the_desk: Any, alice: User, approved: PolicyVersion
) -> None:
    draft = begun(approved.policy, "We post on Fridays.", alice)
    assert at_the_desk("bob").post(preview(draft), {"source": "x"}).status_code == 403
    desk = at_the_desk("alice")
    assert desk.get(preview(draft)).status_code == 405
    assert desk.post(preview(approved), {"source": "x"}).status_code == 403


def test_an_unchanged_draft_says_that_no_word_differs(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = begun(shipping, "We post on Mondays.", charlie)
    seen = staff.get(page(draft)).content.decode()
    assert "No word differs." in seen
    assert "Nothing was found wrong with this text." in seen
