"""Money as the admin's templates show it."""

from decimal import Decimal

from django import template

from microflight.admin_parts import cad

register = template.Library()


@register.filter
def cents(amount: int | None) -> str:
    """Show cents as dollars: 1234 is "$12.34"."""
    return cad(amount)


@register.filter
def dollars(amount: Decimal | None) -> str:
    """Show an amount in CAD: 1234.5 is "$1,234.50"; nothing is a dash."""
    return "–" if amount is None else f"${amount:,.2f}"
