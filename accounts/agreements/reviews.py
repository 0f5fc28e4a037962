"""Reminding staff of texts that should have been read again."""

from django.utils import timezone

from accounts.agreements import emails
from policies.models import Policy


def remind() -> int:
    """Write to staff about each policy whose review is overdue, once a week; return how many."""
    today = timezone.localdate()
    overdue = Policy.objects.due_for_review(today)
    for policy in overdue:
        assert policy.next_review_on is not None  # noqa: S101 (filtered)
        emails.review_due(policy, weeks=(today - policy.next_review_on).days // 7)
    return len(overdue)
