"""Reminding staff of texts that should have been read again."""

from django.utils import timezone

from accounts.agreements import emails
from policies.services import overdue_reviews


def remind() -> int:
    """Write to staff about each policy whose review is overdue, once a week; return how many."""
    today = timezone.localdate()
    overdue = overdue_reviews(today)
    for policy in overdue:
        assert policy.review_by is not None  # noqa: S101 (filtered)
        emails.review_due(policy, weeks=(today - policy.review_by).days // 7)
    return len(overdue)
