"""Campaigns whose text, audience and sender nobody changes once they are launched.

PostgreSQL refuses it as well, by a trigger (migrations: launched letters are final).
"""

from typing import Any

from django.db import models

from accounts.newsletter.states import LAUNCHED, CampaignState

#: What a reader gets, who gets it, and from whom.
FROZEN = (
    "key", "topic_id", "subject", "subject_b", "test_share", "test_hours", "preheader", "source",
    "audience", "sender_name", "reply_to", "body_text", "body_html", "from_email",
    "audience_until", "launched_at",
)  # fmt: skip
_NAMES = {*FROZEN, "topic"}  # as queries may name them


class CampaignIsFrozen(Exception):
    """Somebody tried to change or delete what was launched."""

    def __init__(self) -> None:
        super().__init__("A launched letter does not change any more. Take it back first.")


class CampaignQuerySet(models.QuerySet):
    """Refuses, and changes nothing, where one of its rows is launched."""

    def update(self, **values: Any) -> int:
        """Change rows. Raises CampaignIsFrozen for what is final of a launched one; `bulk_update`
        goes this way too."""
        if _NAMES & values.keys():
            self.refuse_launched()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts. Raises CampaignIsFrozen, and deletes nothing, with others."""
        self.refuse_launched()
        return super().delete()

    def refuse_launched(self) -> None:
        """Raise CampaignIsFrozen where one of these rows is launched."""
        if self.filter(state__in=LAUNCHED).exists():
            raise CampaignIsFrozen


class FrozenOnceLaunched(models.Model):
    """A row that is written on while it is a draft."""

    objects = CampaignQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row. Raises CampaignIsFrozen where something final of a launched one differs
        from what is stored."""
        fields = kwargs.get("update_fields")
        if self.pk and (fields is None or _NAMES & set(fields)):
            self._refuse_changes()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises CampaignIsFrozen where the row is launched."""
        type(self).objects.filter(pk=self.pk).refuse_launched()
        return super().delete(*args, **kwargs)

    def _refuse_changes(self) -> None:
        stored = type(self).objects.filter(pk=self.pk).values(*FROZEN, "state").first()
        if stored is None or stored.pop("state") == CampaignState.DRAFT:
            return
        if any(getattr(self, name) != value for name, value in stored.items()):
            raise CampaignIsFrozen
