"""What pages show of the products on a wish list: live price and stock."""

from dataclasses import dataclass

from django.utils.http import urlencode

from catalog.cards import LiveProduct, live_products, make_card
from catalog.images import Picture
from catalog.partner.availability import SOLD_OUT, Availability
from catalog.variant_urls import PARAMETER
from catalog.wish_lists.models import Line, WishList
from microflight.core.money import format_money


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a wish list. Without a URL, the product is no longer in the shop."""

    line: Line
    url: str = ""
    price: str = ""
    stock: Availability = SOLD_OUT
    picture: Picture | None = None
    has_variants: bool = False

    @property
    def can_add(self) -> bool:
        """Tell whether a button can add it to the cart."""
        return self.stock.can_buy and not self.has_variants


def read(wish_list: WishList) -> list[Item]:
    """Return the items in the order in which they were added. Two queries."""
    lines = list(wish_list.lines.select_related("product__parent"))
    pages = {line.product.parent_id or line.product.pk for line in lines if line.product}
    live = live_products(pages)
    return [_item(line, live) for line in lines]


def _item(line: Line, live: dict[int, LiveProduct]) -> Item:
    product = line.product
    page = live.get(product.parent_id or product.pk) if product else None
    if product is None or page is None:
        return Item(line)
    card = make_card(page)
    if product.parent_id is None:
        return Item(line, card.url, card.price, card.stock, card.picture, card.has_variants)
    offer = next((one for one in page.offers if one.product == product.pk), None)
    if offer is None:
        return Item(line)
    price = format_money(offer.price) if offer.price is not None else ""
    url = f"{card.url}?{urlencode({PARAMETER: product.upc or product.pk})}"
    return Item(line, url, price, offer.stock, card.picture)
