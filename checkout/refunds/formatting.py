"""What a refund pays back, as text for staff."""

from collections import defaultdict

from checkout.refunds.allocation import Shares
from checkout.refunds.models import AllocationType
from microflight.core.money import format_cents


def format_shares(shares: Shares) -> str:
    """Return the totals by type: "Items $19.99, GST $1.00, PST $1.20"; "" for no shares."""
    totals: dict[str, int] = defaultdict(int)
    for share, cents in shares.items():
        totals[share.component or str(AllocationType(share.type).label)] += cents
    return ", ".join(f"{name} {format_cents(cents)}" for name, cents in totals.items() if cents)
