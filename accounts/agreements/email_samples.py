"""Sample data for the email previews."""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.agreements.audiences import ACCOUNTS, AUDIENCES
from accounts.mail.samples import sample_for
from policies.models import Policy, PolicyVersion

_PATH = "/policies/returns/"


def _policy() -> Policy:
    return Policy(slug="returns", title="Returns", next_review_on=date(2026, 11, 20))


@sample_for("policy-changed")
def changed() -> dict[str, Any]:
    """A better returns policy takes effect in two weeks."""
    summary = "You have 60 days instead of 30 to return something."
    return {
        "name": "Dana",
        "version": PolicyVersion(policy=_policy(), number=3, summary=summary),
        "effective": timezone.localtime(datetime(2026, 12, 7, 6, tzinfo=UTC)),
        "is_in_force": False,
        "asks_again": True,
        "part_of": AUDIENCES[ACCOUNTS].part_of,
        "url": settings.SITE_URL + _PATH,
        "history_url": settings.SITE_URL + reverse("policies:history", args=["returns"]),
    }


@sample_for("policy-review")
def review() -> dict[str, Any]:
    """The review of the returns policy is overdue."""
    page = reverse("admin:policies_policy_changelist")
    return {
        "policy": _policy(),
        "url": settings.SITE_URL + _PATH,
        "admin_url": settings.SITE_URL + page,
    }
