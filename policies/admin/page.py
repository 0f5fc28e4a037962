"""What stands on the page of one text, beside its words."""

from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone

from policies import preview, publishing, variables
from policies.models import Context, PolicyVersion


def contents(version: PolicyVersion) -> dict[str, Any]:
    """Return the parts of the page by name."""
    state = version.state
    return {
        "version": version,
        "state": state,
        "state_words": state.label,
        "events": version.events.select_related("by"),
        "agreed": _agreed(version),
        "earliest": publishing.earliest_day(version),
        "preview": preview_of(version),
        "variables": [f"{{{{ {name} }}}}" for name in variables.names()],
    }


def in_force(policy: str) -> Subquery:
    """Return the number of the text in force of the policy that a row's path leads to."""
    versions = PolicyVersion.objects.in_force_at(timezone.now())
    return Subquery(versions.filter(policy=OuterRef(policy)).values("number")[:1])


def preview_of(version: PolicyVersion) -> preview.Preview:
    """Return the text beside the one before it."""
    return preview.of_published(version) if version.is_published else preview.of_draft(version)


def _agreed(version: PolicyVersion) -> list[tuple[str, int]]:
    """Return how many agreed where, the most first: one query."""
    counted = version.acceptances.values("context").annotate(count=Count("pk")).order_by("-count")
    return [(Context(row["context"]).label, row["count"]) for row in counted]
