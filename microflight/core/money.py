"""Money in CAD (dollars as Decimal, cents as integers) and percentages: format, round, allocate."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
#: The least that Stripe charges, in cents of CAD (docs.stripe.com/currencies, minimum amounts).
MINIMUM_CHARGE = 50
#: The most that Stripe charges, in cents (same page, maximum amounts).
MAXIMUM_CHARGE = 99_999_999


def rounded(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, halves away from zero, as tax law requires."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def cash_cents(cents: int) -> int:
    """Return what is paid in cash for a total with tax: rounded to 5 cents.

    Canada has no 1-cent coin since 2013; cards and cheques pay the exact total (Economic Action
    Plan 2012).
    """
    return (cents + 2) // 5 * 5


def to_cents(amount: Decimal) -> int:
    """Return dollars as cents; raise ValueError for an amount with fractions of a cent."""
    cents = amount * 100
    if cents != int(cents):
        raise ValueError(f"{amount} is not a whole number of cents.")
    return int(cents)


def from_cents(cents: int) -> Decimal:
    """Return cents as dollars with two places."""
    return (Decimal(cents) / 100).quantize(CENT)


def format_money(amount: Decimal) -> str:
    """Return dollars as `$1,234.50`, with a true minus sign: `−$1,234.50`."""
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def format_cents(cents: int) -> str:
    """Return cents as dollars: 123450 is `$1,234.50`."""
    return format_money(from_cents(cents))


def format_percent(rate: Decimal) -> str:
    """Return a rate such as 0.09975 as `9.975%`."""
    return f"{(rate * 100).normalize():f}%"


def allocate(total: int, weights: Sequence[Decimal | int]) -> list[int]:
    """Divide `total` cents in proportion to the weights; the parts add up to it.

    Largest remainder method: each part is rounded down, then the remaining cents go to the parts
    with the largest fractions (the earlier one if equal). Weights must not be negative; if all
    are zero, the first part gets everything.
    """
    whole = sum(weights, Decimal(0))
    if not whole:
        return [total if place == 0 else 0 for place in range(len(weights))]
    exact = [total * Decimal(weight) / whole for weight in weights]
    parts = [int(share) for share in exact]
    by_loss = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_loss[: total - sum(parts)]:
        parts[place] += 1
    return parts
