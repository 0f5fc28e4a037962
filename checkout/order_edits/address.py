"""Another shipping address for an order of which nothing has shipped.

The prices of the items stay. Shipping and taxes follow the new address, as far as the payment
allows: an authorized card can be captured for less, never for more, and what was captured is
invoiced. More shipping is charged by an order of its own (`shipping_charges.py`).
`docs/decisions/035-order-edits.md` says what is rejected, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.documents.content import address_lines
from checkout.fulfilment.partial_cancellation import record_lost_capture
from checkout.order.locking import OrderActionError, latest_attempt, lock_order, record_note
from checkout.order.models import Order, OrderDiscount, ShippingAddress
from checkout.order.states import OrderState
from checkout.order_edits import emails
from checkout.order_edits.plans import Plan, authorized_payment, check_unshipped
from checkout.order_edits.shipping_charges import charge_shipping, charged_before, plan_charge
from checkout.payment.models import PaymentAttempt
from checkout.placement.order_lines import tax_before_discounts, write_taxes
from checkout.placement.parcels import Parcel, parcel_of
from checkout.placement.quote_lines import ZERO
from checkout.shipping.dates import arrival
from checkout.shipping.destination import Destination
from checkout.shipping.services import AvailableMethod
from checkout.tax.services import Supply, Tax, supply_on, taxes_on
from microflight.core.money import MINIMUM_CHARGE, format_cents, format_money, to_cents
from policies.opening import calendars

#: Columns of a shipping address by name.
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Shipping in CAD before tax, and the taxes of the whole order."""

    shipping: Decimal
    taxes: tuple[Tax, ...]
    supply: Supply
    subtotal: Decimal

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.shipping + sum((tax.amount for tax in self.taxes), ZERO)


@dataclass(frozen=True)
class AddressChange(Plan):
    """A new address, the service that takes the order there, and new amounts, if they change."""

    method: AvailableMethod
    same_days: bool  # as long on its way as before
    amounts: Amounts | None
    extra: Decimal  # of shipping in CAD before tax, charged with a payment link
    sentences: tuple[str, ...]


def plan_address(
    order: Order, columns: Columns, method_code: str, *, keep_price: bool
) -> AddressChange:
    """Return what another address changes. Raises OrderActionError if it is not possible.

    `keep_price`: the customer pays the same shipping charge as before.
    """
    check_unshipped(order)
    old = _shipping_address(order, columns)
    was = parcel_of(order, _place(vars(old))).services.get(order.shipping_code)
    method = _method(parcel_of(order, _place(columns)), method_code)
    before = charged_before(order)
    price = order.shipping_excl_tax + before
    today = _price_today(order, price, was.charge if was else price, method.charge)
    new = _amounts(order, columns, max(ZERO, (price if keep_price else today) - before))
    extra = _extra(order, new)
    amounts = None if extra else _allowed(order, new)
    sentences = (
        gettext("From: %(address)s") % {"address": ", ".join(address_lines(old))},
        gettext("To: %(address)s") % {"address": ", ".join(address_lines(_as_address(columns)))},
        *_price_sentences(order, method, today, price + extra, amounts),
        *(plan_charge(order, columns["state"], extra) if extra else ()),
        *_other_orders(order),
    )
    return AddressChange(method, _takes_as_long(was, method), amounts, extra, sentences)


def _price_today(order: Order, price: Decimal, was: Decimal, charge: Decimal) -> Decimal:
    """Return the price of shipping changed like the charge, which was `was` at the former address.

    It falls no further than to the charge less the order's discounts: an order whose last change
    was not paid has a lower price than its charge, and would otherwise get that difference back.
    """
    discounts = order.discounts.filter(category=OrderDiscount.SHIPPING)
    off = discounts.aggregate(total=Sum("amount", default=ZERO))["total"]
    paid_apart = order.additions.filter(status__in=(OrderState.PENDING, OrderState.PLACED))
    off += paid_apart.aggregate(total=Sum("shipping_excl_tax", default=ZERO))["total"]
    least = ZERO if order.adds_to_id else min(price, charge - off)
    return max(ZERO, least, price + charge - was)


def _takes_as_long(was: AvailableMethod | None, method: AvailableMethod) -> bool:
    days = (method.min_days, method.max_days)
    return was is not None and (was.min_days, was.max_days) == days


def _shipping_address(order: Order, columns: Columns) -> ShippingAddress:
    """Return the address of an order, for one in the same country. Raises OrderActionError."""
    old = order.shipping_address
    if old is None or order.is_pickup:
        raise OrderActionError(gettext("Nothing of this order is shipped to an address."))
    if columns["country_id"] != old.country_id:
        raise OrderActionError(
            gettext(
                "Taxes, import charges and rights depend on the country: cancel this order, and "
                "take a new one with “Duplicate order”."
            )
        )
    return old


def _other_orders(order: Order) -> list[str]:
    """Return what to do about the orders that ship with this one."""
    with_it = Q(pk=order.adds_to_id) | Q(adds_to=order)
    open_ones = Order.objects.filter(with_it, status__in=(OrderState.PENDING, OrderState.PLACED))
    text = gettext("Order %(number)s ships with it: change that address, too.")
    return [text % {"number": each.number} for each in open_ones.order_by("pk")]


def _place(columns: Columns) -> Destination:
    return Destination(columns["country_id"], columns["state"], columns["postcode"])


def _as_address(columns: Columns) -> ShippingAddress:
    return ShippingAddress(**columns)


def _method(parcel: Parcel, code: str) -> AvailableMethod:
    """Return the chosen service, if it takes the parcel there."""
    if code in parcel.services:
        return parcel.services[code]
    names = [each.name for each in parcel.services.values()]
    if not names:
        raise OrderActionError(gettext("No shipping method takes these items to this address."))
    text = gettext("This shipping method does not take the items there. Choose %(methods)s.")
    raise OrderActionError(text % {"methods": get_text_list(names, gettext("or"))})


def _amounts(order: Order, columns: Columns, shipping: Decimal) -> Amounts:
    """Return the amounts at the new place, at the rates of the day of the order."""
    supply = supply_on(
        timezone.localdate(order.date_placed),
        country=columns["country_id"],
        province=columns["state"],
        user_id=order.user_id,
    )
    nets = [line.line_price_excl_tax for line in order.lines.order_by("pk")]
    taxes = taxes_on([*nets, shipping], supply.rates)
    return Amounts(shipping, taxes, supply, sum(nets, ZERO))


def _has_same_taxes(order: Order, new: Amounts) -> bool:
    stored = {(row.component, row.province, row.rate) for row in order.tax_lines.all()}
    return stored == {(tax.name, tax.province, tax.rate) for tax in new.taxes}


def _changeable_payment(order: Order) -> PaymentAttempt | None:
    """Return the authorized payment of which another amount can be captured, if there is one."""
    is_cut = order.lines.filter(uncharged__gt=0).exists()
    return None if is_cut else authorized_payment(order)


def _extra(order: Order, new: Amounts) -> Decimal:
    """Return what shipping costs more than the payment allows, in CAD before tax.

    It is charged by an order of its own, unless this one is itself charged so, or its items are
    taxed differently there: their tax is part of their sale.
    """
    more, attempt = new.shipping - order.shipping_excl_tax, _changeable_payment(order)
    is_covered = attempt is not None and to_cents(new.total) <= attempt.amount_cents
    if more <= 0 or is_covered or order.adds_to_id or not _has_same_taxes(order, new):
        return ZERO
    return more


def _allowed(order: Order, new: Amounts) -> Amounts | None:
    """Return new amounts that the payment allows; None if the stored ones stay.

    Raises OrderActionError.
    """
    same_taxes = _has_same_taxes(order, new)
    if same_taxes and new.shipping == order.shipping_excl_tax:
        return None
    attempt, cents = _changeable_payment(order), to_cents(new.total)
    if attempt is None:
        if same_taxes:
            return None
        raise OrderActionError(
            gettext(
                "The address has other taxes, and this payment can no longer change: cancel the "
                "order, which refunds or releases it, and take a new one with “Duplicate order”."
            )
        )
    if cents > attempt.amount_cents:
        text = gettext(
            "The new total is %(total)s, more than the %(authorized)s that the card was authorized "
            "for. Keep the shipping price, or cancel the order and take a new one with “Duplicate "
            "order”: its payment link is for the new total."
        )
        amounts = {"total": format_cents(cents), "authorized": format_cents(attempt.amount_cents)}
        raise OrderActionError(text % amounts)
    if 0 < cents < MINIMUM_CHARGE:
        raise OrderActionError(gettext("The new total is below the minimum of a card payment."))
    return new


def _price_sentences(
    order: Order, method: AvailableMethod, today: Decimal, paid: Decimal, amounts: Amounts | None
) -> list[str]:
    """Return the service and what changes of shipping (`paid` in all), taxes and total."""
    price, total = order.shipping_excl_tax, order.total_incl_tax
    sentences = [gettext("%(method)s, %(days)s.") % {"method": method.name, "days": method.days}]
    if amounts and amounts.shipping != price:
        text = gettext("Shipping: %(new)s instead of %(old)s.")
        sentences.append(text % {"new": format_money(amounts.shipping), "old": format_money(price)})
    elif today != paid:
        text = gettext("Shipping there costs %(today)s; the customer still pays %(old)s.")
        sentences.append(text % {"today": format_money(today), "old": format_money(paid)})
    if amounts is None or amounts.total == total:
        return [*sentences, gettext("The total stays %(total)s.") % {"total": format_money(total)}]
    text = gettext("The total is %(new)s instead of %(old)s: only %(new)s is captured.")
    values = {"new": format_money(amounts.total), "old": format_money(total)}
    return [*sentences, text % values]


def change_address(
    *,
    order: Order,
    columns: Columns,
    method_code: str,
    keep_price: bool,
    reason: str,
    seen: str,
    by: User | None,
) -> Order:
    """Change the shipping address of an unshipped order, and email the customer.

    `seen` is the hash of the plan that staff confirmed. The former address stays in a note. Raises
    OrderActionError, having changed nothing.
    """
    record_lost_capture(order)
    with transaction.atomic():
        locked = lock_order(order)
        change = plan_address(locked, columns, method_code, keep_price=keep_price)
        change.check_seen(seen)
        old_total = locked.total_incl_tax
        _write_address(locked, columns)
        _write_charges(locked, change, reason, by)
        _write_method(locked, change)
        text = gettext("Address changed: %(reason)s") % {"reason": reason}
        record_note(locked, "\n".join([text, *change.sentences]), by)
        emails.address_changed(locked, old_total)
    return locked


def _write_charges(order: Order, change: AddressChange, reason: str, by: User | None) -> None:
    if change.amounts:
        _write_amounts(order, change.amounts)
    if change.extra:
        charge_shipping(order, change.extra, reason, by)


def _write_address(order: Order, columns: Columns) -> None:
    address = order.shipping_address
    assert address is not None  # noqa: S101 (checked by the plan)
    for name, value in columns.items():
        setattr(address, name, value)
    address.save()


def _write_amounts(order: Order, new: Amounts) -> None:
    """Replace the taxes of an order, and capture the new total instead of the old one."""
    lines, rates = list(order.lines.order_by("pk")), [tax.rate for tax in new.taxes]
    for index, line in enumerate(lines):
        tax = sum((each.shares[index] for each in new.taxes), ZERO)
        net, full = line.line_price_excl_tax, line.line_price_before_discounts_excl_tax
        line.line_price_incl_tax = net + tax
        full_tax = tax_before_discounts(full, net, tax, rates)
        line.line_price_before_discounts_incl_tax = full + full_tax
        line.save(update_fields=["line_price_incl_tax", "line_price_before_discounts_incl_tax"])
    order.tax_lines.all().delete()
    order.tax_exemptions.all().delete()
    bases = [*(line.line_price_excl_tax for line in lines), new.shipping]
    write_taxes(order, lines, bases, new.taxes, new.supply)
    for name, value in new.supply.place.items():
        setattr(order, name, value)
    order.shipping_excl_tax = new.shipping
    order.shipping_incl_tax = new.shipping + sum((tax.shares[-1] for tax in new.taxes), ZERO)
    order.total_excl_tax, order.total_incl_tax = new.subtotal + new.shipping, new.total
    order.save()
    _capture_less(order)


def _capture_less(order: Order) -> None:
    attempt = latest_attempt(order)
    assert attempt is not None  # noqa: S101 (its amount was checked by the plan)
    attempt.edited_cents = to_cents(order.total_incl_tax) - attempt.amount_cents
    attempt.waived_cents = -attempt.edited_cents
    attempt.save(update_fields=["edited_cents", "waived_cents"])


def _write_method(order: Order, change: AddressChange) -> None:
    """Store the service, and when it arrives: the day by which it ships stays as promised."""
    method, schedule = change.method, calendars.load()
    order.shipping_code, order.shipping_method = method.code, method.name
    order.save(update_fields=["shipping_code", "shipping_method"])
    if change.same_days:
        return
    schedule = schedule.without_carrier(method.suspended)
    for row in [order, *order.lines.order_by("pk")]:
        if row.ships_by is not None and row.arrives_by is not None:
            days = (method.min_days, method.max_days)
            row.arrives_from, row.arrives_by = arrival(row.ships_by, row.ships_by, days, schedule)
            row.save(update_fields=["arrives_from", "arrives_by"])
