"""A sample of the email about a safety revision."""

from datetime import UTC, datetime
from typing import Any

from accounts.mail.samples import sample_for
from catalog.manuals.emails import context_of
from catalog.manuals.models import Manual, ManualRevision


@sample_for("safety-revision")
def safety_revision() -> dict[str, Any]:
    """The instructions for charging cells have a new limit."""
    manual = Manual(pk=1, title="Lithium polymer cells: charging and safety", slug="lipo-cells")
    summary = "Stop charging a cell that is warm to the touch. Never charge below 0 °C."
    revision = ManualRevision(
        pk=2, manual=manual, number=2, is_safety=True, summary=summary,
        published_at=datetime(2026, 11, 30, 18, 0, tzinfo=UTC),
    )  # fmt: skip
    return context_of(revision, ["LiPo cell 50 mAh with magnetic plug"])
