"""Emails: a policy changes; to staff, a policy is due for review."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.agreements.audiences import ACCOUNTS, AUDIENCES
from accounts.agreements.models import Announcement
from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from policies.models import Policy, PolicyVersion

#: Thousands of these are queued at once; the sweep skips them for an hour, so that they do
#: not delay other email.
SWEEP_AFTER = timedelta(hours=1)


def reference(announcement: Announcement) -> str:
    """Return the outbox reference of a version's emails, the same for every audience."""
    return f"policy-version:{announcement.version_id}"


def policy_changed(announcement: Announcement, people: Sequence[tuple[int, str]]) -> None:
    """Announce a policy change to people (ID, email); each email address gets it once."""
    data = {"version": announcement.version_id, "audience": announcement.audience}
    outbox.add_many(
        "policy-changed",
        subject_id=reference(announcement),
        recipients=[(to, data | {"person": key}) for key, to in people],
        sweep_after=SWEEP_AFTER,
    )


def was_announced(announcement: Announcement, person: int) -> bool:
    """Return whether a person has an email about a change, at any of their email addresses."""
    sent = Message.objects.filter(email_type="policy-changed", subject_id=reference(announcement))
    return sent.filter(data__audience=announcement.audience, data__person=person).exists()


def send_review_reminders() -> int:
    """Remind staff of each policy that is due for review, weekly; return how many policies."""
    today = timezone.localdate()
    overdue = Policy.objects.due_for_review(today)
    for policy in overdue:
        assert policy.next_review_on is not None  # noqa: S101 (filtered)
        review_due(policy, weeks=(today - policy.next_review_on).days // 7)
    return len(overdue)


def review_due(policy: Policy, weeks: int) -> None:
    """Remind staff once of a policy whose review is this many weeks overdue."""
    cause = f"policy:{policy.pk}:{policy.next_review_on}:{weeks}"
    for email in settings.STAFF_EMAILS:
        outbox.add("policy-review", subject_id=cause, to=email, data={"policy": policy.pk})


# Not stored: 10,000 identical emails that can be rendered again from the version.
@renders("policy-changed", keep=False)
def changed(message: Message) -> dict[str, Any]:
    """What changes and when, and the links to read it."""
    found = PolicyVersion.objects.select_related("policy").defer("body", "source")
    version = found.get(pk=message.data["version"])
    audience = AUDIENCES.get(message.data["audience"])
    name = audience.greeting(message.data["person"]) if audience else None
    if audience is None or name is None:
        raise NoLongerNeeded(_("The recipient no longer has an account or a subscription."))
    assert version.effective_from is not None  # noqa: S101 (it is published)
    return {
        "name": name,
        "version": version,
        "effective": timezone.localtime(version.effective_from),
        "is_in_force": version.effective_from <= timezone.now(),
        "asks_again": audience.name == ACCOUNTS and version.policy.required_at_registration,
        "part_of": audience.part_of,
        "url": settings.SITE_URL + version.get_absolute_url(),
        "history_url": settings.SITE_URL + reverse("policies:history", args=[version.policy.slug]),
    }


@renders("policy-review")
def review(message: Message) -> dict[str, Any]:
    """The policy, its review date, and the links to it."""
    policy = Policy.objects.filter(pk=message.data["policy"]).first()
    if (
        policy is None
        or policy.next_review_on is None
        or policy.next_review_on >= timezone.localdate()
    ):
        raise NoLongerNeeded(_("It has been reviewed."))
    page = reverse("admin:policies_policy_change", args=[policy.pk])
    return {
        "policy": policy,
        "url": settings.SITE_URL + policy.get_absolute_url(),
        "admin_url": settings.SITE_URL + page,
    }
