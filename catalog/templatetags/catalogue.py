"""Product cards and list tools; equal data is rendered once."""

from collections.abc import Iterable

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from catalog import structured
from catalog.cards import Card
from catalog.facets import Facet
from catalog.listing import Links, PageOfCards, sorts
from catalog.product_page import ProductPage
from catalog.search.highlight import highlight
from microflight.core.fragment_cache import rendered

register = template.Library()
IN_VIEW = 4  # images that are loaded at once unless the template says otherwise


@register.simple_tag
def product_cards(
    cards: Iterable[Card],
    in_view: int = IN_VIEW,
    matched: tuple[str, ...] = (),
    list_url: str = "",
) -> SafeString:
    """Return the cards as list items; images after the first `in_view` are loaded lazily.

    With `list_url`, they have buttons, see `catalog/_add_to_cart_form.html`.

    One tag for all cards: a loop in the template would take longer than the cards.
    """
    template = "catalog/_product_card.html"
    items = [
        rendered(
            template,
            card=card,
            title=highlight(card.title, matched) if matched else card.title,
            loading=_loading(place, in_view),
            buy=bool(list_url),
        )
        for place, card in enumerate(cards, 1)
    ]
    return mark_safe("".join(f"<li>{item}</li>\n" for item in items))  # noqa: S308 (rendered by a template)


def _loading(place: int, in_view: int) -> str:
    return "lazy" if place > in_view else "eager" if place > 1 else "first"


@register.simple_tag
def highlighted(text: str, matched: tuple[str, ...]) -> SafeString:
    """Return a text, escaped, with the words that a search matched in <mark>."""
    return highlight(text, matched)


@register.simple_tag
def structured_data(page: ProductPage) -> SafeString:
    """Return the JSON-LD of a product."""
    return structured.product(page)


@register.simple_tag
def breadcrumb_data(crumbs: Iterable[tuple[str, str]]) -> SafeString:
    """Return the JSON-LD of breadcrumbs."""
    return structured.breadcrumbs(crumbs)


register.simple_tag(structured.organization, name="organization_data")
register.simple_tag(structured.website, name="website_data")


@register.simple_tag
def list_tools(links: Links, page: PageOfCards) -> SafeString:
    """Return the line above a list: number of products, view, sorting."""
    wanted = links.wanted
    other_view = links.as_cards if wanted.view else links.as_table
    values = {"total": page.total, "sorts": sorts(wanted, page), "sort": wanted.sort}
    values |= {"is_table": bool(wanted.view), "other_view": other_view}
    return rendered("catalog/_list_tools.html", **values)


@register.simple_tag
def list_filters(links: Links, facets: tuple[Facet, ...]) -> SafeString:
    """Return the form with the facets of a list, each rendered once for equal values."""
    shown = [rendered("catalog/_facet.html", facet=facet) for facet in facets]
    count = sum(facet.is_chosen for facet in facets)
    is_open = any(facet.has_error for facet in facets)
    values = {"links": links, "facets": shown, "count": count, "is_open": is_open}
    return render_to_string("catalog/_list_filters.html", values)
