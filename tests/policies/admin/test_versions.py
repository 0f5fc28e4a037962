"""Editing, approving and publishing versions in the admin, each with its own permission."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from policies import services, workflow
from policies.models import Context, Policy, PolicyVersion, VersionEvent
from policies.states import Stage
from tests.admin_forms import open_form, submit

LogIn = Callable[[str], Client]
CreateVersion = Callable[[str], PolicyVersion]


def action_url(version: PolicyVersion, name: str) -> str:
    return reverse("admin:policies_policyversion_action", args=[version.pk, name])


def change_url(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def preview_url(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_preview", args=[version.pk])


def all_rows() -> list[Any]:
    models = (Policy, PolicyVersion, VersionEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def form_data(source: str, **changes: Any) -> dict[str, Any]:
    """Return what the browser sends to save a draft."""
    return {"change_type": "material", "summary": "New.", "source": source} | changes


def test_version_goes_from_draft_to_published(log_in_as: LogIn, shipping: Policy) -> None:
    client = log_in_as("alice")
    response = client.post(reverse("admin:policies_policyversion_add"), {"policy": shipping.pk})
    draft = PolicyVersion.objects.get(published_at=None)
    assert response["Location"] == change_url(draft)
    assert draft.source == "We ship on Mondays."
    submit(client, change_url(draft), form_data("We ship on Tuesdays."))
    assert submit(client, action_url(draft, "submit"))["Location"] == change_url(draft)
    client = log_in_as("bob")
    assert "Approve" in client.get(change_url(draft)).content.decode()
    submit(client, action_url(draft, "approve"))
    client = log_in_as("charlie")
    day = workflow.earliest_effective_date(draft).isoformat()
    html = client.get(action_url(draft, "publish")).content.decode()
    assert f'value="{day}"' in html
    assert "Summary of changes: “New.”" in html
    submit(client, action_url(draft, "publish"), {"effective_on": day})
    version = PolicyVersion.objects.get(pk=draft.pk)
    assert (version.number, version.state) == (2, Stage.SCHEDULED)
    assert version.body == "We ship on Tuesdays."
    assert version.author is not None
    assert version.approver is not None
    assert (version.author.first_name, version.approver.first_name) == ("alice", "bob")
    html = client.get(change_url(version)).content.decode()
    assert "Shipping v2" in html
    assert "<p>We ship on Tuesdays.</p>" in html
    assert version.sha256 in html


@pytest.mark.parametrize(
    ("user", "action"),
    [
        ("alice", "approve"), ("alice", "publish"), ("bob", "submit"), ("bob", "publish"),
        ("bob", "create-draft"), ("charlie", "submit"), ("charlie", "approve"),
        ("charlie", "return"), ("charlie", "create-draft"),
    ],
)  # fmt: skip
def test_action_without_permission_gets_403(
    user: str, action: str, log_in_as: LogIn, approved: PolicyVersion
) -> None:
    before = all_rows()
    client = log_in_as(user)
    url = action_url(approved, action)
    assert client.get(url).status_code == 403
    assert client.post(url, {"effective_on": "2099-01-01"}).status_code == 403
    assert all_rows() == before


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_author_and_approver_can_return_a_version(
    user: str, log_in_as: LogIn, approved: PolicyVersion
) -> None:
    data = {"comment": "Say when it arrives."}
    response = submit(log_in_as(user), action_url(approved, "return"), data)
    assert response.status_code == 302
    approved.refresh_from_db()
    assert approved.stage == Stage.DRAFT


def test_superuser_cannot_approve_own_version(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = workflow.create_draft(shipping, user=charlie)
    draft.source, draft.summary = "We ship on Tuesdays.", "Another day."
    workflow.save_draft(draft, user=charlie)
    workflow.submit_for_review(draft, user=charlie)
    before = all_rows()
    response = submit(staff, action_url(draft, "approve"))
    assert "You have edited this version. Someone else must approve it." in (
        response.content.decode()
    )
    assert all_rows() == before


@pytest.mark.parametrize("seen", [{}, {"seen": ""}])
def test_version_that_staff_did_not_see_is_not_published(
    seen: dict[str, str], staff: Client, approved: PolicyVersion
) -> None:
    # Mutation: `seen` with required=False
    before = all_rows()
    answer = staff.post(action_url(approved, "publish"), {"effective_on": "2099-01-01", **seen})
    assert "This page did not say what it showed you. Open it again." in answer.content.decode()
    assert all_rows() == before


@pytest.mark.parametrize("name", ["policies_policyversion_change", "policies_policyversion_delete"])
def test_published_version_cannot_be_changed_or_deleted(
    name: str, staff: Client, shipping: Policy
) -> None:
    version = shipping.versions.get()
    before = all_rows()
    data = {**form_data("We never ship."), "post": "yes"}
    assert staff.post(reverse(f"admin:{name}", args=[version.pk]), data).status_code == 403
    assert all_rows() == before


def test_list_has_no_delete_action(staff: Client, shipping: Policy) -> None:
    before = all_rows()
    selected = [version.pk for version in shipping.versions.all()]
    data = {"action": "delete_selected", "_selected_action": selected, "post": "yes"}
    staff.post(reverse("admin:policies_policyversion_changelist"), data)
    assert all_rows() == before


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.APPROVED])
def test_version_in_review_cannot_be_edited(
    stage: Stage, staff: Client, approved: PolicyVersion
) -> None:
    PolicyVersion.objects.filter(pk=approved.pk).update(stage=stage)
    before = all_rows()
    data = form_data("Other words.")
    assert staff.post(change_url(approved), data).status_code == 403
    assert all_rows() == before


def test_edit_of_an_outdated_draft_is_rejected(
    staff: Client, charlie: User, alice: User, shipping: Policy
) -> None:
    draft = workflow.create_draft(shipping, user=charlie)
    outdated = {**open_form(staff, change_url(draft)), "source": "Charlie’s words."}
    draft.source = "Alice’s words."
    workflow.save_draft(draft, user=alice)
    before = all_rows()
    response = staff.post(change_url(draft), outdated)
    message = "Someone else changed this to “Alice’s words.” after you opened the page; you entered"
    assert message in response.content.decode()
    assert all_rows() == before


def test_short_notice_requires_a_reason(staff: Client, approved: PolicyVersion) -> None:
    before = all_rows()
    today = timezone.localdate().isoformat()
    response = submit(staff, action_url(approved, "publish"), {"effective_on": today})
    assert "A material change needs 30 days of notice" in response.content.decode()
    assert all_rows() == before
    data = {"effective_on": today, "short_notice_reason": "Strike."}
    assert submit(staff, action_url(approved, "publish"), data).status_code == 302
    version = PolicyVersion.objects.get(pk=approved.pk)
    assert (version.state, version.short_notice_reason) == (Stage.PUBLISHED, "Strike.")
    assert "Strike." in staff.get(change_url(version)).content.decode()


# Mutation: without the replacement in `save_draft`, the row had "One.\r\n\r\nTwo.".
def test_line_ends_of_browsers_are_normalized(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    draft = workflow.create_draft(shipping, user=charlie)
    submit(staff, change_url(draft), form_data("One.\r\n\r\nTwo."))
    draft.refresh_from_db()
    assert draft.source == "One.\n\nTwo."


# Mutation: with the messages joined, both were on one line.
def test_each_error_has_its_own_line(staff: Client, charlie: User, shipping: Policy) -> None:
    draft = workflow.create_draft(shipping, user=charlie)
    submit(staff, change_url(draft), form_data("Ask {{ anyone }}.", summary=""))
    html = submit(staff, action_url(draft, "submit")).content.decode()
    assert "<li>Add a summary of changes.</li>" in html
    assert "<li>Line 1: unknown variable “anyone”.</li>" in html
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT


def test_publishing_twice_publishes_and_logs_once(staff: Client, approved: PolicyVersion) -> None:
    url = action_url(approved, "publish")
    html = staff.get(url).content.decode()
    assert "A published version cannot be changed or withdrawn." in html
    assert "customers are notified by email" in html
    day = workflow.earliest_effective_date(approved).isoformat()
    data = {"seen": workflow.last_event(approved), "effective_on": day}
    for _ in range(2):
        assert staff.post(url, data).status_code == 302
    approved.refresh_from_db()
    assert (approved.number, len(approved.sha256)) == (2, 64)
    entries = LogEntry.objects.filter(object_id=str(approved.pk))
    assert [entry.change_message for entry in entries] == ["Publish: Shipping v2 is published."]


def test_published_version_has_no_form(staff: Client, shipping: Policy) -> None:
    html = staff.get(change_url(shipping.versions.get())).content.decode()
    assert "We ship on Mondays." in html
    assert "<textarea" not in html


def test_draft_is_created_from_an_old_version(
    staff: Client, charlie: User, shipping: Policy
) -> None:
    old = shipping.versions.get()
    workflow.adopt(shipping, "We ship on Tuesdays.")
    response = submit(staff, action_url(old, "create-draft"))
    draft = PolicyVersion.objects.get(published_at=None)
    assert response["Location"] == change_url(draft)
    assert (draft.source, draft.restores, draft.author) == ("We ship on Mondays.", old, charlie)


def test_draft_can_be_deleted(log_in_as: LogIn, alice: User, shipping: Policy) -> None:
    draft = workflow.create_draft(shipping, user=alice)
    url = reverse("admin:policies_policyversion_delete", args=[draft.pk])
    assert log_in_as("alice").post(url, {"post": "yes"}).status_code == 302
    assert not PolicyVersion.objects.filter(pk=draft.pk).exists()


def test_list_shows_states_with_a_fixed_number_of_queries(
    staff: Client, alice: User, shipping: Policy, django_assert_max_num_queries: Any
) -> None:
    url = reverse("admin:policies_policyversion_changelist")
    for number in range(5):
        workflow.adopt(shipping, f"We ship on day {number}.")
    workflow.create_draft(shipping, user=alice)
    with django_assert_max_num_queries(8):
        html = staff.get(url).content.decode()
    assert html.count("state-policy-superseded") == 5
    assert html.count("state-policy-published") == 1
    assert html.count("state-policy-draft") == 1
    assert "Shipping v6" in html


def test_page_counts_acceptances_by_form(staff: Client, shipping: Policy) -> None:
    version = shipping.versions.get()
    for number in range(3):
        services.accept(version, f"order:10001{number}", "I agree.")
    services.accept(version, "account:7", "I agree.", context=Context.REGISTRATION)
    html = staff.get(change_url(version)).content.decode()
    assert "3 (checkout), 1 (registration)" in html


# --- Preview -------------------------------------------------------------------------------------


def test_preview_shows_changes_and_findings_and_saves_nothing(
    log_in_as: LogIn, create_draft: CreateVersion
) -> None:
    draft = create_draft("We ship on Tuesdays.")
    before = all_rows()
    source = "We ship on **Fridays**, {{ whenever }}.\n\n<script>alert(1)</script>"
    data = {"source": source, "summary": "x"}
    html = log_in_as("alice").post(preview_url(draft), data).content.decode()
    assert "<strong>Fridays</strong>" in html
    assert "<del" in html
    assert "Line 1: unknown variable “whenever”." in html
    assert "<strong>[whenever?]</strong>" in html
    assert "<script" not in html
    assert all_rows() == before


def test_preview_needs_permission_and_a_draft(
    log_in_as: LogIn, create_draft: CreateVersion, approved: PolicyVersion
) -> None:
    draft = create_draft("We ship on Fridays.")
    assert log_in_as("bob").post(preview_url(draft), {"source": "x"}).status_code == 403
    client = log_in_as("alice")
    assert client.get(preview_url(draft)).status_code == 405
    assert client.post(preview_url(approved), {"source": "x"}).status_code == 403


def test_unchanged_draft_has_no_differences(staff: Client, create_draft: CreateVersion) -> None:
    html = staff.get(change_url(create_draft("We ship on Mondays."))).content.decode()
    assert "The wording is the same." in html
    assert "No problems found." in html
