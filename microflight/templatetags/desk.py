"""Money and names as the admin's templates show them."""

from decimal import Decimal

from django import template
from django.db.models.options import Options

from microflight.core.admin_base import cad
from microflight.desk import GROUPS

register = template.Library()


@register.filter
def cents(amount: int | None) -> str:
    """Show cents as dollars: 1234 is "$12.34"."""
    return cad(amount)


@register.filter
def dollars(amount: Decimal | None) -> str:
    """Show an amount in CAD: 1234.5 is "$1,234.50"; nothing is a dash."""
    return "–" if amount is None else f"${amount:,.2f}"


@register.filter
def list_name(opts: Options) -> str:
    """Return what the start page calls the list of a model: "Outbox" for messages."""
    names = {key: name for _, entries in GROUPS for key, name in entries}
    return names.get(opts.label) or str(opts.verbose_name_plural).capitalize()
