"""Orders that staff take: a draft with a cart of its own, then a quote that reserves its stock.

A draft is an order without reservations; each change writes it again from the quote of its cart,
with the prices, offers, taxes and shipping rates of checkout. A quote is a pending order: its
customer pays by card at the quoted price, or staff record a payment, until it expires.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.basket.models import Basket
from checkout.basket.services import price_basket
from checkout.offers.customers import Customer, email_key
from checkout.order.locking import OrderActionError, latest_attempt, lock_order
from checkout.order.models import Line, Order, OrderDiscount, OrderLineDiscount
from checkout.order.numbers import next_number
from checkout.order.order_kits import ordered_items
from checkout.order.promised_dates import postpone_promises
from checkout.order.reservations import (
    offer_uses,
    record_offer_uses,
    redeem_offers,
    release,
    reserve_again,
    reserve_stock,
)
from checkout.order.staff_fields import Channel
from checkout.order.states import ORDER, OrderState
from checkout.payment.models import PaymentAttempt
from checkout.placement.order_lines import write_line_details, write_lines
from checkout.placement.promises import tracked_stock
from checkout.placement.quote import ZERO, Quote, make_quote
from checkout.placement.quote_changes import changes_between
from checkout.placement.services import (
    OrderDetails,
    checked_quote,
    write_address,
)
from checkout.shipping.services import AvailableMethod, pickup_method
from microflight.core.money import to_cents


@transaction.atomic
def create_draft(
    *, details: OrderDetails, channel: str, by: User | None, user: User | None = None
) -> Order:
    """Create an empty draft for a customer; `user` is their account, if they have one."""
    draft = Order(
        number=next_number(),
        site_id=settings.SITE_ID,
        basket=Basket.objects.create(),
        user=user,
        guest_email=details.email,
        status=OrderState.PENDING,
        channel=channel,
        taken_by=by,
        currency=settings.OSCAR_DEFAULT_CURRENCY,
        shipping_code=details.shipping_code,
        adds_to=details.adds_to,
        **dict.fromkeys(("total_excl_tax", "total_incl_tax"), ZERO),
        date_placed=timezone.now(),
        **write_address(details, is_shipped=True),
    )
    draft.save()
    draft.move_to(OrderState.DRAFT)
    return draft


def change_customer(draft: Order, details: OrderDetails, user: User | None) -> Quote:
    """Change email, name and address of a locked draft, and write it again."""
    address = write_address(details, is_shipped=True)["shipping_address"]
    old, draft.shipping_address = draft.shipping_address, address
    draft.guest_email, draft.user = details.email, user
    draft.email_key = email_key(details.email)
    draft.account_email_key = email_key(user.email) if user else ""
    draft.save(
        update_fields=["shipping_address", "guest_email", "user", "email_key", "account_email_key"]
    )
    if old is not None:
        old.delete()
    return write_draft(draft)


def locked_draft(order: Order) -> Order:
    """Return the draft with its row locked. Raises OrderActionError if it is no draft any more."""
    draft = lock_order(order)
    if draft.status != OrderState.DRAFT:
        raise OrderActionError(gettext("This order is no longer a draft. Open it again."))
    return draft


def details_of(order: Order) -> OrderDetails:
    """Return contact, address, shipping method and discount of a draft or quote."""
    address, adds_to = order.customer_address, cast(Order | None, order.adds_to)
    return OrderDetails(
        email=order.guest_email,
        first_name=address.first_name,
        last_name=address.last_name,
        country=address.country_id,
        province=address.state,
        postcode=address.postcode,
        shipping_code=order.shipping_code,
        early_charge=order.early_charge_agreed_at is not None,
        manual_discount=(order.manual_discount, order.discount_reason),
        adds_to=adds_to,
    )


def draft_basket(draft: Order) -> Basket:
    """Return the cart of a draft, priced for its customer."""
    basket = Basket.objects.get(order=draft)
    price_basket(basket, draft.user, email=draft.guest_email)
    return basket


def quote_of(draft: Order, basket: Basket) -> Quote:
    """Return today's quote for a draft, with the first shipping method if none is chosen."""
    details = details_of(draft)
    return make_quote(
        basket,
        country=details.country,
        province=details.province,
        postcode=details.postcode,
        shipping_code=details.shipping_code,
        default_to_first=not details.shipping_code,
        manual_discount=details.manual_discount,
        adds_to=details.adds_to,
    )


def offered_methods(quote: Quote) -> tuple[AvailableMethod, ...]:
    """Return the shipping methods of a quote, and pickup, which checkout offers with a button."""
    methods, pickup = quote.shipping.methods, pickup_method()
    return methods if pickup is None or pickup in methods else (*methods, pickup)


def write_draft(draft: Order) -> Quote:
    """Write today's quote of its cart to a locked draft. Reserves and counts nothing."""
    basket = draft_basket(draft)
    quote = quote_of(draft, basket)
    uses = offer_uses(basket, quote.shipping.discount)
    _delete_lines(draft)
    _write_totals(draft, quote)
    discounts = OrderDiscount.objects.bulk_create(
        OrderDiscount(order=draft, released=True, **asdict(use)) for use in uses
    )
    lines = _write_lines(draft, basket, quote, discounts)
    Line.objects.filter(pk__in=[line.pk for line in lines]).update(num_allocated=0)
    return quote


def _delete_lines(draft: Order) -> None:
    draft.tax_lines.all().delete()
    draft.tax_exemptions.all().delete()
    draft.lines.all().delete()
    draft.kits.all().delete()
    draft.discounts.all().delete()


def _write_totals(order: Order, quote: Quote) -> None:
    for column, value in quote.order_columns.items():
        setattr(order, column, value)
    order.save()


def _write_lines(
    order: Order, basket: Basket, quote: Quote, discounts: Sequence[OrderDiscount]
) -> list[Line]:
    """Create the lines, their taxes and options, and the shares of all discounts."""
    if len(quote.lines) < quote.line_count:
        raise OrderActionError(
            gettext("One of the products cannot be ordered any more. Remove it first.")
        )
    lines = write_lines(order, basket, quote)
    shares = write_line_details(lines, basket, quote, discounts)
    if order.manual_discount:
        _write_manual_discount(order, lines, shares)
    return lines


def _write_manual_discount(
    order: Order, lines: Sequence[Line], shares: Sequence[OrderLineDiscount]
) -> None:
    """Record what staff took off: the discount of each line without the shares of its offers."""
    offs = {line.pk: line.discount_excl_tax for line in lines}
    for share in shares:
        offs[share.line_id] -= share.amount
    if not any(offs.values()):  # offers left nothing to discount
        return
    row = OrderDiscount.objects.create(
        order=order,
        category=OrderDiscount.BASKET,
        offer_name=order.discount_reason,
        amount=sum(offs.values(), ZERO),
    )
    OrderLineDiscount.objects.bulk_create(
        OrderLineDiscount(line=line, order_discount=row, is_incl_tax=False, amount=offs[line.pk])
        for line in lines
        if offs[line.pk]
    )


@transaction.atomic
def place_quote(
    *, order: Order, valid_until: date, reason: str, early_charge: bool = False, by: User | None
) -> Order:
    """Reserve the stock of a draft at today's prices, until the end of a day in shop time.

    `early_charge`: the customer agrees to be charged before the order ships. Raises CheckoutError
    or OrderActionError, and changes nothing; CartChanged if staff saw other prices.
    """
    if valid_until < timezone.localdate():
        raise OrderActionError(gettext("Choose today or a later day."))
    draft = locked_draft(order)
    basket = Basket.objects.select_for_update(of=("self",)).get(order=draft)
    details = replace(details_of(draft), early_charge=early_charge)
    quote = checked_quote(basket, details, draft.fingerprint, draft.user)
    uses = offer_uses(basket, quote.shipping.discount)
    redeem_offers(uses, Customer.of(draft.user, draft.guest_email))
    _reserve_until(draft, valid_until, reason, quote, by)
    _delete_lines(draft)
    _write_totals(draft, quote)
    _write_lines(draft, basket, quote, record_offer_uses(draft, uses))
    PaymentAttempt.objects.create(
        order=draft,
        amount_cents=quote.cents,
        currency=draft.currency,
        expires_at=draft.valid_until_end,
    )
    basket.submit()
    draft.move_to(OrderState.PENDING)
    reserve_stock(tracked_stock(basket.all_lines()), number=draft.number)
    return draft


def _reserve_until(
    draft: Order, valid_until: date, reason: str, quote: Quote, by: User | None
) -> None:
    now = timezone.now()
    draft.valid_until, draft.hold_reason, draft.date_placed = valid_until, reason, now
    draft.taken_by = by or draft.taken_by
    draft.early_charge_text = quote.early_charge
    draft.early_charge_agreed_at = now if quote.early_charge else None


@transaction.atomic
def place_order_form(*, order: Order, valid_until: date, reason: str, by: User | None) -> Order:
    """Reserve the stock of an order form that arrived by mail, at the prices printed on it.

    Raises CheckoutError or OrderActionError, and changes nothing.
    """
    form = locked_draft(order)
    if not is_order_form(form):
        raise OrderActionError(gettext("This is not an order form any more. Open it again."))
    if form.valid_until is None or form.valid_until < timezone.localdate():
        raise OrderActionError(
            gettext("The prices of this form are no longer valid. Save its items for today's.")
        )
    postpone_promises(form)
    form.valid_until, form.hold_reason = valid_until, reason
    form.taken_by, form.date_placed = by, timezone.now()
    if form.early_charge_text:  # printed on the form
        form.early_charge_agreed_at = form.date_placed
    form.save()
    reserve_again(form)
    PaymentAttempt.objects.create(
        order=form,
        amount_cents=to_cents(form.total_incl_tax),
        currency=form.currency,
        expires_at=form.valid_until_end,
    )
    form.move_to(OrderState.PENDING)
    return form


def is_order_form(order: Order) -> bool:
    """Tell whether a draft is a form that a customer printed, and staff have not changed."""
    is_mail = order.status == OrderState.DRAFT and order.channel == Channel.MAIL
    return is_mail and order.taken_by_id is None and order.valid_until is not None


def changes_since_written(draft: Order) -> list[str]:
    """Return what is different in today's quote for a draft, as sentences; and what is not
    available in these quantities."""
    basket = draft_basket(draft)
    quote = quote_of(draft, basket)
    missing = [
        f"{line.product.get_title()}: {line.stock_error}"
        for line in basket.all_lines()
        if line.stock_error
    ]
    if draft.fingerprint in ("", quote.fingerprint):  # "": nothing was written yet
        return missing
    return missing + changes_between(_amounts(draft, basket), quote)


def _amounts(draft: Order, basket: Basket) -> dict[str, Any]:
    """Return what a draft says, as `Quote.amounts()` does."""
    rows = draft.lines.select_related("kit").order_by("pk")
    lines = zip(basket.all_lines(), ordered_items(rows), strict=False)
    tax = sum((row.amount for row in draft.tax_lines.all()), ZERO)
    return {
        "lines": {
            each.line_reference: [line.title, line.quantity, f"{line.unit_price_excl_tax:.2f}"]
            for each, line in lines
        },
        "discounts": {row.offer_name: f"{row.amount:.2f}" for row in draft.discounts.all()},
        "shipping": f"{draft.shipping_excl_tax:.2f}",
        "tax": f"{tax:.2f}",
        "total": f"{draft.total_incl_tax:.2f}",
        "early_charge": "",
        "contents": {},
    }


@transaction.atomic
def reopen_quote(*, order: Order) -> Order:
    """Make a quote a draft again, so that staff can change it; its link cannot be paid meanwhile.

    Raises OrderActionError once a card was tried: then cancel it, and take a new order.
    """
    quote = lock_order(order)
    ORDER.check(quote.status, OrderState.DRAFT)
    attempt = latest_attempt(quote)
    if not quote.is_staff_order or attempt is None or not attempt.cancel_unsent():
        raise OrderActionError(
            gettext("The customer has started to pay. Cancel this order, and take a new one.")
        )
    attempt.delete()
    release(quote, reopen_basket=True)
    quote.valid_until, quote.hold_reason = None, ""
    quote.early_charge_text, quote.early_charge_agreed_at = "", None
    quote.move_to(OrderState.DRAFT)
    write_draft(quote)
    return quote
