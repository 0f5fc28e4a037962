"""Items that staff add to an order of which nothing has shipped.

An order has one payment, which cannot grow. So what is added is an order of its own, a quote with a
payment link, which ships in the parcel of the first: that one waits until it is paid, cancelled or
expired (`order/shipping_blocks.py`). Of shipping, it pays the increase.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.basket.models import Basket
from checkout.basket.services import add_records, orderable_records, price_basket
from checkout.offline.emails import quote_sent
from checkout.order.errors import CheckoutError
from checkout.order.locking import OrderActionError, lock_order, record_note
from checkout.order.models import Order
from checkout.order_edits.plans import Plan, check_unshipped
from checkout.placement.drafts import (
    create_draft,
    details_of,
    draft_basket,
    place_quote,
    write_draft,
)
from checkout.placement.quote import Quote, make_quote
from checkout.placement.quote_lines import ZERO
from checkout.placement.services import OrderDetails, check_amounts
from microflight.core.money import format_money

#: Products by ID, and how many units of each.
Wanted = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Addition(Plan):
    """What would be added at today's prices; `early_charge` is what the customer must agree to."""

    sentences: tuple[str, ...]
    early_charge: str


def plan_addition(order: Order, wanted: Wanted, valid_until: date) -> Addition:
    """Return what adding these products does. Reserves and stores nothing.

    Raises OrderActionError and CheckoutError.
    """
    check_unshipped(order)
    if not order.needs_shipping or order.adds_to_id:
        raise OrderActionError(gettext("Nothing can be added to this order. Create a new order."))
    with transaction.atomic():
        basket = Basket.objects.create()
        _fill(basket, wanted, order.user)
        price_basket(
            basket := Basket.objects.get(pk=basket.pk), order.user, email=order.guest_email
        )
        quote = _quote(order, basket)
        transaction.set_rollback(True)
    return Addition(_sentences(order, quote, valid_until), quote.early_charge)


def _fill(basket: Basket, wanted: Wanted, user: Any) -> None:
    """Add products to a cart. Raises OrderActionError if one cannot be ordered."""
    price_basket(basket, user)
    records = orderable_records([pk for pk, _quantity in wanted])
    if any(pk not in records for pk, _quantity in wanted):
        raise OrderActionError(gettext("One of these products cannot be ordered any more."))
    pairs = [(records[pk], quantity) for pk, quantity in wanted]
    errors = add_records(basket=basket, wanted=pairs, user=user)
    titles = [record.product.get_title() for record, _quantity in pairs]
    texts = [f"{title}: {error}" for title, error in zip(titles, errors, strict=True) if error]
    if texts:
        raise OrderActionError(*texts)


def _quote(order: Order, basket: Basket) -> Quote:
    address = order.customer_address
    quote = make_quote(
        basket,
        country=address.country_id,
        province=address.state,
        postcode=address.postcode,
        shipping_code=order.shipping_code,
        adds_to=order,
    )
    if not quote.complete:
        text = gettext("%(method)s does not take these items together. Create a new order.")
        raise OrderActionError(text % {"method": order.shipping_method})
    check_amounts(quote)
    return quote


def _sentences(order: Order, quote: Quote, valid_until: date) -> tuple[str, ...]:
    to_email = order.guest_email and gettext("%(email)s gets") % {"email": order.guest_email}
    payment = gettext(
        "%(email)s a link to pay %(total)s until the end of %(day)s. Nothing of this order "
        "ships until that is paid or cancelled; if the day passes, the added items are released, "
        "and this order ships without them."
    )
    facts = {
        "email": to_email or gettext("There is no email address, so send the customer"),
        "total": format_money(quote.total),
        "day": date_format(valid_until, "F j, Y"),
        "shipping": format_money(quote.shipping.amount or ZERO),
        "tax": format_money(quote.tax_total),
    }
    amounts = gettext("Shipping: %(shipping)s more. Taxes: %(tax)s.")
    return (*_item_sentences(quote), amounts % facts, payment % facts)


def _item_sentences(quote: Quote) -> list[str]:
    """Return each line with its price and stock, and each discount."""
    lines = [
        gettext("Add %(quantity)d × %(title)s at %(price)s: %(stock)s.")
        % {
            "quantity": line.quantity,
            "title": line.title,
            "price": format_money(line.unit),
            "stock": str(line.promise) or gettext("in stock, reserved now"),
        }
        for line in quote.lines
    ]
    return lines + [f"{each.name}: −{format_money(each.amount)}." for each in quote.discounts]


@transaction.atomic
def add_items(
    *,
    order: Order,
    wanted: Wanted,
    valid_until: date,
    channel: str,
    early_charge: bool,
    reason: str,
    seen: str,
    by: User | None,
) -> Order:
    """Reserve more items for an unshipped order, email the link to pay them; return their order.

    `seen` is the hash of the plan that staff confirmed. Raises OrderActionError.
    """
    locked = lock_order(order)
    plan_addition(locked, wanted, valid_until).check_seen(seen)
    details = replace(contact_of(locked), shipping_code=locked.shipping_code, adds_to=locked)
    try:
        draft = create_draft(details=details, channel=channel, by=by, user=locked.user)
        _fill(draft_basket(draft), wanted, draft.user)
        write_draft(draft)
        added = place_quote(
            order=draft, valid_until=valid_until, reason=reason, early_charge=early_charge, by=by
        )
    except CheckoutError as error:
        raise OrderActionError(error.reason) from error
    _record(locked, added, reason, by)
    return added


def _record(order: Order, added: Order, reason: str, by: User | None) -> None:
    values = {"number": added.number, "reason": reason}
    record_note(order, gettext("Order %(number)s adds items to it: %(reason)s") % values, by)
    values["number"] = order.number
    record_note(added, gettext("Adds items to order %(number)s: %(reason)s") % values, by)
    if added.guest_email:
        quote_sent(added)


def contact_of(order: Order) -> OrderDetails:
    """Return contact and address of an order, for another order of the same customer."""
    address: Any = order.customer_address
    return replace(
        details_of(order),
        line1=address.line1,
        line2=address.line2,
        city=address.line4,
        phone=str(getattr(address, "phone_number", None) or ""),
        shipping_code="",
        early_charge=False,
        manual_discount=(ZERO, ""),
        adds_to=None,
    )
