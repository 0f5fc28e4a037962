"""What every page shows: menu, notices, money and weight in one hand."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from microflight.core.business import FACTS
from microflight.core.fragment_cache import rendered
from microflight.page_frame import Frame, get_page_frame

register = template.Library()


def _frame(context: dict[str, Any]) -> Frame:
    """The frame that the page was given, or that of its request."""
    return context.get("frame") or get_page_frame(context.get("request"))


@register.simple_tag(takes_context=True)
def category_bar(context: dict[str, Any]) -> SafeString:
    """Return the main menu."""
    return rendered("components/_category_bar.html", entries=_frame(context).menu)


@register.simple_tag(takes_context=True)
def site_footer(context: dict[str, Any]) -> SafeString:
    """Return the foot of every page; it says whether somebody answers the telephone now."""
    frame = _frame(context)
    values = {"entries": frame.menu, "business": FACTS, "is_open": frame.is_open}
    return rendered("components/_site_footer.html", **values)


@register.simple_tag(takes_context=True)
def notice_bar(context: dict[str, Any]) -> SafeString:
    """Return the notices that hold now."""
    return rendered("components/_notice_bar.html", notices=_frame(context).notices)


@register.filter
def money(amount: Any) -> str:
    """Return CAD as `$1,234.50`, with a true minus sign; nothing for None."""
    if amount is None or amount == "":
        return ""
    amount = Decimal(amount)
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}"


@register.filter
def grams(weight: Any) -> str:
    """Return a weight without its unit: `3.6`, `0.85`, `1,240`; nothing for None."""
    if weight is None or weight == "":
        return ""
    weight = Decimal(weight)
    places = 0 if weight >= 100 else 1 if weight >= 10 else 2
    text = f"{weight:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.simple_tag
def weight_figure(weight: Any, size: str = "") -> str:
    """Return the hero figure of a product: `3.6 g` over its dimension line.

    `size` may be "large". Nothing is shown for a weight that nobody has measured.
    """
    if not weight:
        return ""
    return format_html(
        '<span class="weight{}"><span class="unseen">Weight </span>{}<span class="unit">g</span>'
        "</span>",
        f" weight-{size}" if size else "",
        grams(weight),
    )
