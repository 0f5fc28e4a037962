"""A launched campaign does not change: neither its content, audience and sender, nor by deletion.

PostgreSQL rejects it as well, by a trigger (migrations/0002_triggers.py).
"""

from typing import Any

from django.db import models

from accounts.newsletter.campaigns.states import LAUNCHED, CampaignState

FROZEN = (
    "key", "topic_id", "subject", "subject_b", "test_share", "test_hours", "preheader", "source",
    "audience", "sender_name", "reply_to", "body_text", "body_html", "from_email",
    "audience_until", "launched_at",
)  # fmt: skip
_NAMES = {*FROZEN, "topic"}  # as queries may name them


class CampaignIsFrozen(Exception):
    """An attempt to change or delete a launched campaign."""

    def __init__(self) -> None:
        super().__init__("A launched campaign cannot change. Revert it to a draft first.")


class CampaignQuerySet(models.QuerySet):
    def update(self, **values: Any) -> int:
        """Update rows. Raises CampaignIsFrozen for frozen fields of a launched campaign;
        `bulk_update` goes this way too."""
        if _NAMES & values.keys():
            self.reject_launched()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts. Raises CampaignIsFrozen, and deletes nothing, if one is launched."""
        self.reject_launched()
        return super().delete()

    def reject_launched(self) -> None:
        """Raise CampaignIsFrozen where one of these campaigns is launched."""
        if self.filter(state__in=LAUNCHED).exists():
            raise CampaignIsFrozen


class FrozenOnceLaunched(models.Model):
    """A row that can be edited while it is a draft."""

    objects = CampaignQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. Raises CampaignIsFrozen where a frozen field of a launched campaign changes."""
        fields = kwargs.get("update_fields")
        if self.pk and (fields is None or _NAMES & set(fields)):
            stored = type(self).objects.filter(pk=self.pk).values(*FROZEN, "state").first()
            is_launched = stored is not None and stored.pop("state") != CampaignState.DRAFT
            if is_launched and any(getattr(self, name) != stored[name] for name in FROZEN):
                raise CampaignIsFrozen
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises CampaignIsFrozen where the campaign is launched."""
        type(self).objects.filter(pk=self.pk).reject_launched()
        return super().delete(*args, **kwargs)
