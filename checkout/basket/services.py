"""Changes to a cart. Each locks the cart, so that it cannot change while it is ordered."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Product
from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket, Line
from checkout.offers.applicator import Applicator

#: The most items that a cart may hold.
MAX_ITEMS = settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
TOO_MANY_ITEMS = format_lazy(
    gettext_lazy("A cart holds at most {limit} items. To order more, email or call us."),
    limit=MAX_ITEMS,
)


class CartError(Exception):
    """The cart was not changed. The message may be shown to the shopper."""


def lock_basket(basket: Basket) -> None:
    """Lock an open cart until the end of the transaction."""
    if basket.pk is None:
        raise CartError(_("Your cart is empty."))
    if not Basket.open.select_for_update().filter(pk=basket.pk).exists():
        raise CartError(_("This cart has already been ordered. Start a new one."))


def price_basket(basket: Basket, user: Any, *, email: str = "") -> None:
    """Apply current prices and offers to a basket that was just read from the database.

    Limits per customer count the account and the contact email.
    """
    basket.contact_email = email
    basket.account_id = user.pk if user is not None else None
    basket.strategy = Selector().strategy(user=user)
    if user is not None and basket.owner_id == user.pk:
        basket.owner = user
    Applicator().apply(basket, user or AnonymousUser())


def price_for_email(basket: Basket, email: str) -> None:
    """Apply the offers again if they may depend on the contact email that the shopper typed."""
    if basket.limited_per_customer and email != basket.contact_email:
        basket.contact_email = email
        basket.reset_offer_applications()
        Applicator().apply(basket, basket.owner or AnonymousUser())


def update_totals(basket: Basket, user: Any) -> None:
    """Price the cart, and store its item count and total if they changed."""
    basket.reset_offer_applications()
    if not basket.is_empty:
        Applicator().apply(basket, user)
    count, total = basket.num_items, basket.total_excl_tax
    if (count, total) != (basket.item_count, basket.total):
        basket.item_count, basket.total = count, total
        Basket.objects.filter(pk=basket.pk).update(item_count=count, total=total)


def _stock_record(product_id: int) -> StockRecord:
    """Return the stock record of a public product."""
    records = StockRecord.objects.select_related(
        "product__product_class", "product__parent__product_class"
    ).order_by("pk")
    record = records.filter(product_id=product_id, product__is_public=True).first()
    if record is None:
        product = Product.objects.get(pk=product_id, is_public=True)
        if product.is_parent:
            raise CartError(
                _("%(product)s: choose an option first.") % {"product": product.get_title()}
            )
    if record is None or record.price is None:
        raise CartError(_("This product cannot be ordered at the moment."))
    return record


def orderable_records(products: Iterable[int]) -> dict[int, StockRecord]:
    """Return the stock records, with their products, of those that can be ordered, by product."""
    shown = Q(product__parent=None) | Q(product__parent__is_public=True)
    records = StockRecord.objects.select_related(
        "product__product_class", "product__parent__product_class"
    )
    priced = records.filter(shown, product__is_public=True, price__isnull=False)
    return {row.product_id: row for row in priced.filter(product__in=products).order_by("-pk")}


@transaction.atomic
def add_product(*, basket: Basket, product_id: int, quantity: int, user: Any) -> Line:
    """Add `quantity` units to the cart, and return the line.

    Raises Product.DoesNotExist for products that are not public, and CartError if this quantity
    is not available, or for a product with variants or without a price.
    """
    record = _stock_record(product_id)
    lines, errors = _add(basket, [(record, quantity)], user)
    if error := errors[0]:
        is_full = error == str(TOO_MANY_ITEMS)
        raise CartError(error if is_full else f"{record.product.get_title()}: {error}")
    return lines[0]


Wanted = Sequence[tuple[StockRecord, int]]


@transaction.atomic
def add_records(*, basket: Basket, wanted: Wanted, user: Any) -> list[str]:
    """Add several stock records, which know their product, with quantities to the cart.

    Return the reason why not for each, or an empty string; the others are added. Raises CartError
    if the cart was ordered meanwhile.
    """
    return _add(basket, wanted, user)[1]


def _add(basket: Basket, wanted: Wanted, user: Any) -> tuple[list[Line], list[str]]:
    if basket.pk is not None:
        lock_basket(basket)
    lines, errors = _check(basket, wanted)
    if not lines:
        return lines, errors
    if basket.pk is None:
        basket.save()
    for line in lines:
        line.basket = basket
        line.save()
    basket._lines = None
    update_totals(basket, user)
    return lines, errors


def check_records(*, basket: Basket, wanted: Wanted) -> list[str]:
    """Return what `add_records` would, and change nothing."""
    return _check(basket, wanted)[1]


def _check(basket: Basket, wanted: Wanted) -> tuple[list[Line], list[str]]:
    """Return the lines to save with their new quantities, and for each record why not."""
    rows = basket.lines.all() if basket.pk else ()
    lines = {line.line_reference: line for line in rows}
    free, changed, errors = MAX_ITEMS - basket.item_count, {}, []
    for record, quantity in wanted:
        reference = _reference(record)
        line = lines.setdefault(reference, _new_line(record))
        error = str(TOO_MANY_ITEMS) if quantity > free else _stock_error(line, record, quantity)
        errors.append(error)
        if error:
            continue
        free -= quantity
        line.quantity += quantity
        line.product = record.product
        line.price_excl_tax = line.price_incl_tax = record.price
        changed[reference] = line
    return list(changed.values()), errors


def _stock_error(line: Line, record: StockRecord, quantity: int) -> str:
    """Return why this many more units are not available, or an empty string."""
    already = line.quantity
    allowed, reason = Stock.of(record, record.product).is_purchase_permitted(already + quantity)
    if allowed or not already:
        return reason
    return f"{reason} " + _("You have %(quantity)d in your cart.") % {"quantity": already}


def _reference(record: StockRecord) -> str:
    """Return Oscar's reference of a line without options."""
    return f"{record.product_id}_{record.pk}"


def _new_line(record: StockRecord) -> Line:
    return Line(
        line_reference=_reference(record),
        stockrecord=record,
        quantity=0,
        price_currency=record.price_currency,
    )


def _capacity(basket: Basket) -> int:
    """Return how many more items the cart may hold."""
    return MAX_ITEMS - basket.item_count


@dataclass(frozen=True, slots=True)
class QuantityChanges:
    """What `change_quantities` did: errors by line ID, and the removed lines."""

    errors: dict[int, str]
    removed: list[Line]


@transaction.atomic
def change_quantities(*, basket: Basket, quantities: dict[int, int], user: Any) -> QuantityChanges:
    """Set quantities by line ID; 0 removes the line.

    Lines with an error are unchanged. Ignores lines of other carts.
    """
    lock_basket(basket)
    errors: dict[int, str] = {}
    removed = []
    for line in basket.all_lines():
        if quantities.get(line.pk, line.quantity) == line.quantity:
            continue
        quantity = quantities[line.pk]
        allowed, reason = line.purchase_info.availability.is_purchase_permitted(quantity)
        if quantity == 0:
            removed.append(copy(line))
            line.delete()
        elif quantity > line.quantity and quantity - line.quantity > _capacity(basket):
            errors[line.pk] = str(TOO_MANY_ITEMS)
        elif not allowed and quantity > line.quantity:
            errors[line.pk] = reason
        else:
            line.quantity = quantity
            line.save(update_fields=["quantity", "date_updated"])
    update_totals(basket, user)
    return QuantityChanges(errors, removed)


@transaction.atomic
def restore_expired_cart(*, basket: Basket, expired: Basket, user: Any) -> list[str]:
    """Merge the cart of an expired order into the open one, keeping the larger quantities.

    Returns the restored lines as text, such as "2 × Butterfly"; nothing if another request did it.
    """
    both = Basket.objects.select_for_update().filter(pk__in=[basket.pk, expired.pk])
    if [each.status for each in both.order_by("pk")] != [Basket.OPEN] * 2:
        return []
    restored = {line.line_reference for line in expired.all_lines()}
    basket.merge(expired, add_quantities=False)
    basket._lines = None
    update_totals(basket, user)
    return [
        f"{line.quantity} × {line.product.get_title()}"
        for line in basket.all_lines()
        if line.line_reference in restored
    ]


@transaction.atomic
def move_lines(*, line_ids: Iterable[int], source: Basket, target: Basket, user: Any) -> list[str]:
    """Move several lines as `move_line` does; return the products' titles."""
    titles = [move_line(line_id=pk, source=source, target=target, user=user) for pk in line_ids]
    return [title for title in titles if title]


@transaction.atomic
def move_line(*, line_id: int, source: Basket, target: Basket, user: Any) -> str | None:
    """Move a line between the cart and the saved items; return the product's title.

    Returns None if `source` has no such line. Saves a new target.
    """
    lines = Line.objects.filter(basket=source.pk, pk=line_id).select_related("product__parent")
    if not lines.exists():
        return None
    if target.pk is None:
        target.save()
    open_one = source if source.status == Basket.OPEN else target
    lock_basket(open_one)
    line = lines.first()  # read again under the lock: a double click moves it once
    if line is None:
        return None
    if open_one is target and line.quantity > _capacity(target):
        raise CartError(TOO_MANY_ITEMS)
    target.merge_line(line)
    update_totals(open_one, user)
    return str(line.product.get_title())
