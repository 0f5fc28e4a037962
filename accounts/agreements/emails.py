"""Letters: a policy changes, and, to staff, one waits to be read again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.agreements.models import Announcement
from accounts.agreements.sources import ACCOUNTS, SOURCES
from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from policies.models import Policy, PolicyVersion

#: Thousands of these wait in the queue at once: only then does the sweep look after them, so that
#: it keeps its places for other mail.
SWEEP_AFTER = timedelta(hours=1)


def cause_of(announcement: Announcement) -> str:
    """Return what a change is called as the cause of letters, on every list."""
    return f"policy-version:{announcement.version_id}"


def policy_changed(announcement: Announcement, people: Sequence[tuple[int, str]]) -> None:
    """Tell people (key on their list, address) that a text changes; each address hears it once."""
    data = {"version": announcement.version_id, "source": announcement.source}
    outbox.add_many(
        "policy-changed",
        subject_id=cause_of(announcement),
        letters=[(to, data | {"person": key}) for key, to in people],
        sweep_after=SWEEP_AFTER,
    )


def was_told(announcement: Announcement, person: int) -> bool:
    """Return whether a letter went to somebody on a list, at whichever address they had then."""
    letters = Message.objects.filter(kind="policy-changed", subject_id=cause_of(announcement))
    return letters.filter(data__source=announcement.source, data__person=person).exists()


def review_due(policy: Policy, weeks: int) -> None:
    """Remind staff of a policy whose day for reading it again is over: at once, then weekly."""
    cause = f"policy:{policy.pk}:{policy.next_review_on}:{weeks}"
    for address in settings.STAFF_MAIL:
        outbox.add("policy-review", subject_id=cause, to=address, data={"policy": policy.pk})


# Not kept: 10,000 letters that say the same, which the version and the template make again.
@renders("policy-changed", keep=False)
def changed(message: Message) -> dict[str, Any]:
    """What changes, from when on, and where to read it."""
    found = PolicyVersion.objects.select_related("policy").defer("body", "source")
    version = found.get(pk=message.data["version"])
    source = SOURCES.get(message.data["source"])
    name = source.greeting(message.data["person"]) if source else None
    if source is None or name is None:
        raise NoLongerNeeded("The person is no longer on this list.")
    assert version.effective_from is not None  # noqa: S101 (it is published)
    return {
        "name": name,
        "version": version,
        "effective": timezone.localtime(version.effective_from),
        "is_in_force": version.effective_from <= timezone.now(),
        "asks_again": source.name == ACCOUNTS and version.policy.required_at_registration,
        "part_of": source.part_of,
        "url": settings.SITE_URL + version.get_absolute_url(),
        "history_url": settings.SITE_URL + reverse("policies:history", args=[version.policy.slug]),
    }


@renders("policy-review")
def review(message: Message) -> dict[str, Any]:
    """Which policy waits to be read again, since when, and where."""
    policy = Policy.objects.filter(pk=message.data["policy"]).first()
    if (
        policy is None
        or policy.next_review_on is None
        or policy.next_review_on >= timezone.localdate()
    ):
        raise NoLongerNeeded("It was read meanwhile.")
    page = reverse("admin:policies_policy_change", args=[policy.pk])
    return {
        "policy": policy,
        "url": settings.SITE_URL + policy.get_absolute_url(),
        "admin_url": settings.SITE_URL + page,
    }
