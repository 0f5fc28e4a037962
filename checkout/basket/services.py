"""Every change of a cart. Each locks the cart, so that it cannot change while it is ordered."""

from typing import Any

from django.conf import settings
from django.db import transaction

from catalog.models import Product
from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket, Line
from checkout.offers.applicator import Applicator


class CartError(Exception):
    """The cart was not changed. Its text may be shown to the shopper."""


def _lock(basket: Basket) -> None:
    """Hold the row of an open cart until the end of the transaction."""
    if basket.pk is None:
        raise CartError("Your cart is empty.")
    if not Basket.open.select_for_update().filter(pk=basket.pk).exists():
        raise CartError("This cart has been ordered in the meantime. Start a new one.")


def keep_totals(basket: Basket, user: Any) -> None:
    """Price the cart again and keep what the header shows; a query more only where it differs."""
    basket.reset_offer_applications()
    if not basket.is_empty:
        Applicator().apply(basket, user)
    count, total = basket.num_items, basket.total_excl_tax
    if (count, total) != (basket.item_count, basket.total):
        basket.item_count, basket.total = count, total
        Basket.objects.filter(pk=basket.pk).update(item_count=count, total=total)


def sold_as(pk: int) -> StockRecord:
    """Return the stock record under which a public product is sold.

    Raises Product.DoesNotExist for what is not there, CartError for what cannot be bought as it
    is: a product with variants, or one without a price.
    """
    records = StockRecord.objects.select_related("product__parent").order_by("pk")
    record = records.filter(product_id=pk, product__is_public=True).first()
    if record is None:
        product = Product.objects.get(pk=pk, is_public=True)
        if product.is_parent:
            raise CartError(f"{product.get_title()} comes in several variants: choose one first.")
    if record is None or record.price is None:
        raise CartError("This product cannot be ordered at the moment.")
    return record


@transaction.atomic
def add_product(*, basket: Basket, record: StockRecord, quantity: int, user: Any) -> Line:
    """Put `quantity` more pieces into the cart; CartError where so many cannot be had."""
    if basket.pk is None:
        basket.save()
    else:
        _lock(basket)
    line = basket.lines.filter(stockrecord=record).first() or _new_line(basket, record)
    if quantity > _room(basket):
        raise CartError(_too_many())
    already = line.quantity
    allowed, reason = Stock.of(record).is_purchase_permitted(already + quantity)
    if not allowed:
        if already:
            reason += f" You have {already} in your cart."
        raise CartError(f"{record.product.get_title()}: {reason}")
    line.quantity = already + quantity
    line.price_excl_tax = line.price_incl_tax = record.price
    line.save()
    keep_totals(basket, user)
    return line


def _new_line(basket: Basket, record: StockRecord) -> Line:
    return Line(
        basket=basket,
        line_reference=f"{record.product_id}_{record.pk}",
        product=record.product,
        stockrecord=record,
        quantity=0,
        price_currency=record.price_currency,
    )


def _room(basket: Basket) -> int:
    """Return how many pieces still fit; what the columns say is enough for a rough limit."""
    return settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD - basket.item_count


def _too_many() -> str:
    most = settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
    return f"A cart holds at most {most} pieces. For more, write to us or call."


@transaction.atomic
def change_quantities(*, basket: Basket, wanted: dict[int, int], user: Any) -> dict[int, str]:
    """Set the quantity of lines by their id; 0 takes a line out.

    Returns what could not be done, by line id; all else is done. Ids of other carts' lines are
    passed over.
    """
    _lock(basket)
    errors: dict[int, str] = {}
    for line in basket.all_lines():
        if line.pk not in wanted or wanted[line.pk] == line.quantity:
            continue
        quantity = wanted[line.pk]
        allowed, reason = line.purchase_info.availability.is_purchase_permitted(quantity)
        if quantity == 0:
            line.delete()
        elif quantity - line.quantity > _room(basket):
            errors[line.pk] = _too_many()
        elif not allowed and quantity > line.quantity:
            errors[line.pk] = reason
        else:
            line.quantity = quantity
            line.save(update_fields=["quantity", "date_updated"])
    keep_totals(basket, user)
    return errors


@transaction.atomic
def remove_line(*, basket: Basket, line_id: int, user: Any) -> str | None:
    """Take a line out; return the product's title, or None where the cart has no such line."""
    _lock(basket)
    line = basket.lines.select_related("product__parent").filter(pk=line_id).first()
    if line is None:
        return None
    line.delete()
    keep_totals(basket, user)
    return str(line.product.get_title())


@transaction.atomic
def bring_back(*, basket: Basket, lapsed: Basket, user: Any) -> list[str]:
    """Put what was in the cart of a lapsed order into the open one, the larger quantity of each.

    Returns what is there now of it, such as "2 × Butterfly"; nothing where another request did it.
    """
    both = Basket.objects.select_for_update().filter(pk__in=[basket.pk, lapsed.pk])
    if [each.status for each in both.order_by("pk")] != [Basket.OPEN] * 2:
        return []
    came = {line.line_reference for line in lapsed.all_lines()}
    basket.merge(lapsed, add_quantities=False)
    basket._lines = None
    keep_totals(basket, user)
    return [
        f"{line.quantity} × {line.product.get_title()}"
        for line in basket.all_lines()
        if line.line_reference in came
    ]


@transaction.atomic
def move_line(*, line_id: int, source: Basket, target: Basket, user: Any) -> str | None:
    """Move a line between the cart and what is kept for later; return the product's title.

    None where `source` has no such line. The target is saved where it is new.
    """
    lines = Line.objects.filter(basket=source.pk, pk=line_id).select_related("product__parent")
    if not lines.exists():
        return None
    if target.pk is None:
        target.save()
    open_one = source if source.status == Basket.OPEN else target
    _lock(open_one)
    line = lines.first()  # read under the lock: a double click moves it once
    if line is None:
        return None
    if open_one is target and line.quantity > _room(target):
        raise CartError(_too_many())
    target.merge_line(line)
    keep_totals(open_one, user)
    return str(line.product.get_title())
