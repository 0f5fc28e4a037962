"""What a refund consists of, in words for staff."""

from collections import defaultdict

from checkout.refunds.allocation import Shares
from microflight.core.money import format_cents


def sums_in_words(shares: Shares) -> str:
    """Return shares added up by kind: "goods $19.99, GST $1.00, PST $1.20"; "" for nothing."""
    sums: dict[str, int] = defaultdict(int)
    for share, cents in shares.items():
        sums[share.component or share.kind] += cents
    return ", ".join(f"{name} {format_cents(cents)}" for name, cents in sums.items() if cents)
