"""How far a campaign is."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accounts.newsletter.models import Campaign, Delivery
from accounts.newsletter.states import CampaignState, DeliveryState

#: The rate is counted over so many seconds.
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """Letters of a campaign by what became of them, and how fast they leave."""

    state: str
    total: int
    sent: int
    left: int  # waiting, or in a worker's hands
    failed: int
    skipped: int
    uncertain: int
    per_minute: int
    seconds_left: int | None  # None: nothing leaves

    @property
    def percent(self) -> int:
        """Return how much of it is behind us, in whole percent."""
        return 100 * (self.total - self.left) // self.total if self.total else 0

    @property
    def time_left(self) -> str:
        """Return the time left in words; nothing where none leaves."""
        if self.seconds_left is None or not self.left:
            return ""
        minutes = -(-self.seconds_left // 60)
        return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"

    @property
    def moves(self) -> bool:
        """Tell whether it changes by itself."""
        return self.state in (CampaignState.PREPARING, CampaignState.SENDING)


def progress(campaign: Campaign) -> Progress:
    """Return how far a campaign is: one statement, over its own rows."""
    now = timezone.now()
    lately = now - timedelta(seconds=_LOOK_BACK)
    S = DeliveryState
    count = Delivery.objects.filter(campaign=campaign).aggregate(
        total=Count("pk"),
        sent=Count("pk", filter=Q(state=S.SENT)),
        left=Count("pk", filter=Q(state__in=(S.QUEUED, S.CLAIMED, S.SENDING))),
        failed=Count("pk", filter=Q(state=S.FAILED)),
        skipped=Count("pk", filter=Q(state=S.SKIPPED)),
        uncertain=Count("pk", filter=Q(state=S.UNCERTAIN)),
        lately=Count("pk", filter=Q(state=S.SENT, sent_at__gt=lately)),
    )
    began = max(lately, campaign.started_at or lately)
    a_second = count.pop("lately") / max(1.0, (now - began).total_seconds())
    rest = round(count["left"] / a_second) if a_second else None
    return Progress(campaign.state, **count, per_minute=round(a_second * 60), seconds_left=rest)
