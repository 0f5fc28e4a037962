"""How far a campaign is, and its totals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.newsletter.campaigns.models import Campaign, CampaignState, DeliveryState, Link

_LOOK_BACK = 60  # seconds over which the rate is counted


@dataclass(frozen=True, slots=True)
class Progress:
    """Deliveries of a campaign by state, and how fast they are sent."""

    state: str
    total: int
    sent: int
    remaining: int  # queued, or in a worker's hands
    failed: int
    skipped: int
    uncertain: int
    per_minute: int
    seconds_left: int | None  # None: nothing is being sent

    @property
    def percent(self) -> int:
        """Return how much of it is done, in whole percent."""
        return 100 * (self.total - self.remaining) // self.total if self.total else 0

    @property
    def time_left(self) -> str:
        """Return the time left in minutes or hours; "" where nothing is being sent."""
        if self.seconds_left is None or not self.remaining:
            return ""
        minutes = -(-self.seconds_left // 60)
        return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"

    @property
    def is_active(self) -> bool:
        """Return whether workers are preparing or sending it."""
        return self.state in (CampaignState.PREPARING, CampaignState.SENDING)


def progress(campaign: Campaign) -> Progress:
    """Return how far a campaign is: one query."""
    now, S = timezone.now(), DeliveryState
    lately = now - timedelta(seconds=_LOOK_BACK)
    conditions = {
        "sent": Q(state=S.SENT),
        "remaining": Q(state__in=(S.QUEUED, S.CLAIMED, S.SENDING)),
        "failed": Q(state=S.FAILED),
        "skipped": Q(state=S.SKIPPED),
        "uncertain": Q(state=S.UNCERTAIN),
        "lately": Q(state=S.SENT, sent_at__gt=lately),
    }
    counts = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    count = campaign.deliveries.aggregate(total=Count("pk"), **counts)
    began = max(lately, campaign.started_at or lately)
    per_second = count.pop("lately") / max(1.0, (now - began).total_seconds())
    rest = round(count["remaining"] / per_second) if per_second else None
    return Progress(campaign.state, **count, per_minute=round(per_second * 60), seconds_left=rest)


@dataclass(frozen=True, slots=True)
class Totals:
    """Emails, and clicks of subscribers who agreed to be counted, without names."""

    sent: int
    campaign: Campaign
    links: list[Link]

    @property
    def clicks(self) -> int:
        """Return all counted clicks."""
        return sum(link.clicks_a + link.clicks_b for link in self.links)

    def share(self, count: int) -> str:
        """Return a number as a share of what was sent, such as "0.4%", or "" for none."""
        return f"{100 * count / self.sent:.1f}%" if self.sent else ""

    @property
    def rows(self) -> list[tuple[Any, int, str]]:
        """Return label, number and share of each total."""
        counts = (
            (_("Delivered"), self.campaign.delivered),  # as providers report
            (_("Bounced"), self.campaign.bounced),
            (_("Spam complaints"), self.campaign.complained),
            (_("Unsubscribed"), self.campaign.unsubscribed),
        )
        shares = [(label, count, self.share(count)) for label, count in counts]
        return [(_("Sent"), self.sent, ""), *shares]


def totals_of(campaign: Campaign) -> Totals:
    """Return a campaign's totals: two queries."""
    sent = campaign.deliveries.filter(state=DeliveryState.SENT).count()
    return Totals(sent, campaign, list(campaign.links.all()))
