"""What became of a letter to many, in totals: nobody is named, and nobody is followed."""

from dataclasses import dataclass

from accounts.newsletter.models import Campaign, Delivery, Link
from accounts.newsletter.states import DeliveryState


@dataclass(frozen=True, slots=True)
class Totals:
    """Letters, and clicks of those who agreed to be counted."""

    sent: int
    delivered: int  # as providers report; a plain mail server reports none
    bounced: int
    complained: int
    left: int
    clicks: int
    links: list[Link]

    def share(self, count: int) -> str:
        """Return a number as a share of what was sent, such as "0.4 %", or "" where none was."""
        return f"{100 * count / self.sent:.1f} %" if self.sent else ""

    @property
    def rows(self) -> list[tuple[str, int, str]]:
        """Return words, number and share of each total."""
        counts = (
            ("Delivered", self.delivered),
            ("Bounced", self.bounced),
            ("Reported as spam", self.complained),
            ("Left by it", self.left),
        )
        return [("Sent", self.sent, "")] + [
            (words, count, self.share(count)) for words, count in counts
        ]


def totals_of(campaign: Campaign) -> Totals:
    """Return a campaign's totals: two queries."""
    links = list(campaign.links.all())
    return Totals(
        sent=Delivery.objects.filter(campaign=campaign, state=DeliveryState.SENT).count(),
        delivered=campaign.delivered,
        bounced=campaign.bounced,
        complained=campaign.complained,
        left=campaign.left,
        clicks=sum(link.clicks_a + link.clicks_b for link in links),
        links=links,
    )
