"""Tags for menu, footer and notices; filters for money and weights."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from microflight.core.business import FACTS
from microflight.core.fragment_cache import rendered
from microflight.core.html import clean_html, html_to_text
from microflight.core.money import format_cents, format_money
from microflight.core.palette import DARK, LIGHT, with_values
from microflight.core.units import format_weight
from microflight.page_frame import Frame, get_page_frame

register = template.Library()


def _frame(context: dict[str, Any]) -> Frame:
    """Return the frame in the context, or that of the request."""
    return context.get("frame") or get_page_frame(context.get("request"))


register.filter("palette_values", with_values)
register.filter("rich_text", clean_html)
register.filter("plain_text", html_to_text)


@register.simple_tag
def theme_colour(theme: str) -> str:
    """Return the colour of the browser's own frame in the light or dark theme."""
    return (DARK if theme == "dark" else LIGHT)["paper"]


@register.simple_tag(takes_context=True)
def category_bar(context: dict[str, Any]) -> SafeString:
    """Return the main menu."""
    frame = _frame(context)
    return rendered("components/_category_bar.html", entries=frame.menu, links=frame.links)


@register.simple_tag(takes_context=True)
def site_footer(context: dict[str, Any]) -> SafeString:
    """Return the footer, which shows whether the shop is open."""
    frame = _frame(context)
    values = {
        "entries": frame.menu, "links": frame.links, "business": FACTS, "opening": frame.opening,
    }  # fmt: skip
    return rendered("components/_site_footer.html", **values)


@register.simple_tag(takes_context=True)
def notice_bar(context: dict[str, Any]) -> SafeString:
    """Return the active notices."""
    return rendered("components/_notice_bar.html", notices=_frame(context).notices)


@register.simple_tag(takes_context=True)
def hours_now(context: dict[str, Any]) -> SafeString:
    """Return whether the shop is open, and when that changes."""
    return rendered("components/_hours_now.html", opening=_frame(context).opening)


@register.simple_tag(takes_context=True)
def opening_hours(context: dict[str, Any]) -> str:
    """Return the hours of the week, such as “Monday to Friday, 9:00 to 17:00 …”."""
    return _frame(context).opening.hours


@register.filter
def money(amount: Any) -> str:
    """Return dollars as `$1,234.50`; empty for None, e.g. for `|default:"–"`."""
    return "" if amount in (None, "") else format_money(Decimal(amount))


@register.filter
def cents(amount: int | None) -> str:
    """Return cents as `money` does."""
    return "" if amount is None else format_cents(amount)


@register.filter
def weight(grams: Any) -> str:
    """Return grams with their unit: `3.6 g`, `1.24 kg`; empty for None."""
    return "" if grams in (None, "") else format_weight(Decimal(grams))
