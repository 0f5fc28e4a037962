"""The Atom feeds of new and of reduced products (RFC 4287)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from catalog.cards import LiveProduct, live_products, make_card
from catalog.descriptions import description_html
from catalog.listing import is_reduced
from catalog.models import Product
from microflight.core.business import FACTS
from microflight.core.html import html_to_text
from microflight.core.units import NO_BREAK

MAX_ENTRIES = 50
_SUMMARY = 500  # characters of the description


def new_arrivals() -> str:
    """Return the newest public products as an Atom feed. Two queries."""
    rows = Product.objects.browsable().order_by("-date_created", "-pk")
    return _feed(_("New arrivals"), "new-arrivals", rows)


def sale() -> str:
    """Return the reduced products as an Atom feed, the last changed ones first. Two queries."""
    rows = Product.objects.browsable().filter(is_reduced(timezone.localdate()))
    return _feed(_("Sale"), "sale", rows.order_by("-date_updated", "-pk"))


def _feed(title: str, page: str, rows: QuerySet[Product]) -> str:
    """Return the first products as a feed with a title; `page` names the URL that lists them."""
    products = list(rows.only("description", "date_created", "date_updated")[:MAX_ENTRIES])
    live = live_products([product.pk for product in products])
    atom = Atom1Feed(
        title=f"{FACTS.shop}: {title}",
        link=settings.SITE_URL + reverse(page),
        feed_url=settings.SITE_URL + reverse(f"{page}-feed"),
        description=None,
        language="en-CA",
        author_name=FACTS.company,
    )
    for product in products:
        if found := live.get(product.pk):  # it may have been hidden a moment ago
            atom.add_item(
                title=found.data.title,
                link=settings.SITE_URL + found.data.url,
                unique_id=_permanent_id(product.pk),
                description=_summary(found, description_html(product.description)),
                pubdate=product.date_created,
                updateddate=product.date_updated,
            )
    return str(atom.writeString("utf-8"))


def _permanent_id(pk: int) -> str:
    """Return an ID that stays when the product is renamed (RFC 4151)."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{FACTS.since}:product-{pk}"


def _summary(product: LiveProduct, description: str) -> str:
    card = make_card(product)
    price = _("from %(price)s") % {"price": card.price} if card.price_varies else card.price
    facts = [f"{card.weight}{NO_BREAK}{card.weight_unit}", price, str(card.stock.message)]
    text = html_to_text(description)
    if len(text) > _SUMMARY:
        text = text[:_SUMMARY].rsplit(" ", 1)[0] + "…"
    return f"{', '.join(filter(None, facts))}. {text}".strip()
