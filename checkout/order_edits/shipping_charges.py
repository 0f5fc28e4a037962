"""What shipping to a corrected address costs more: an order of its own, with a payment link.

An order has one payment, which cannot grow (`additions.py`). The order that it belongs to ships
once it is paid, cancelled or expired. Nothing of it ships, so its card is charged at once.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.fulfilment.services import SHIPPING_SKU, shipping_charges
from checkout.offline.emails import quote_sent
from checkout.order.locking import OrderActionError
from checkout.order.models import Line, Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.order_edits.additions import contact_of
from checkout.payment.models import PaymentAttempt
from checkout.placement.drafts import create_draft
from checkout.placement.order_lines import write_taxes
from checkout.placement.quote_lines import ZERO
from checkout.tax.services import Supply, Tax, supply_on, taxes_on
from microflight.core.money import MINIMUM_CHARGE, format_money, to_cents

_DAYS = 7  # until the link expires


def charged_before(order: Order) -> Decimal:
    """Return what earlier corrections charge for the shipping of an order, in CAD before tax.

    Raises OrderActionError while one of them is not paid.
    """
    charges = shipping_charges(order)
    if unpaid := next((each for each in charges if each.status == OrderState.PENDING), None):
        text = gettext(
            "An earlier shipping difference is not paid yet: cancel order %(number)s first."
        )
        raise OrderActionError(text % {"number": unpaid.number})
    return sum((each.total_excl_tax for each in charges), ZERO)


def last_day() -> date:
    """Return the day at whose end the link expires."""
    return timezone.localdate() + timedelta(days=_DAYS)


def plan_charge(order: Order, province: str, amount: Decimal) -> list[str]:
    """Return what charging more shipping does, in CAD before tax. Raises OrderActionError."""
    total = amount + _tax(_taxes(order, province, amount)[1])
    if to_cents(total) < MINIMUM_CHARGE:
        text = gettext("Only %(total)s more: keep the shipping price, a card cannot pay so little.")
        raise OrderActionError(text % {"total": format_money(total)})
    more = gettext("Shipping there costs %(amount)s more, charged as a separate order.")
    payment = gettext(
        "%(email)s gets a link to pay %(total)s, taxes included, until the end of %(day)s. This "
        "order does not ship until that is paid or cancelled; if the day passes, it can ship."
    )
    if not order.guest_email:
        payment = gettext(
            "There is no email address: send the customer the link to pay %(total)s, taxes "
            "included, until the end of %(day)s. This order does not ship until that is paid or "
            "cancelled; if the day passes, it can ship."
        )
    facts = {"email": order.guest_email, "day": date_format(last_day())}
    more %= {"amount": format_money(amount)}
    return [more, payment % {**facts, "total": format_money(total)}]


def _taxes(order: Order, province: str, amount: Decimal) -> tuple[Supply, tuple[Tax, ...]]:
    """Return today's taxes on shipping at a place in Canada."""
    today = timezone.localdate()
    supply = supply_on(today, country="CA", province=province, user_id=order.user_id)
    return supply, taxes_on([amount, ZERO], [rate for rate in supply.rates if rate.on_shipping])


def _tax(taxes: tuple[Tax, ...]) -> Decimal:
    return sum((tax.amount for tax in taxes), ZERO)


def charge_shipping(order: Order, amount: Decimal, reason: str, by: User | None) -> Order:
    """Create the order of a shipping difference, and email its link. The caller has the lock of
    `order`, whose address is the new one."""
    details = replace(contact_of(order), adds_to=order)
    channel = order.channel if order.is_staff_order else Channel.EMAIL
    made = create_draft(details=details, channel=channel, by=by, user=order.user)
    supply, taxes = _taxes(order, details.province, amount)
    _write_line(made, order, amount, supply, taxes)
    made.total_excl_tax, made.total_incl_tax = amount, amount + _tax(taxes)
    made.valid_until, made.hold_reason = last_day(), reason
    for name, value in supply.place.items():
        setattr(made, name, value)
    made.save()
    PaymentAttempt.objects.create(
        order=made,
        amount_cents=to_cents(made.total_incl_tax),
        currency=made.currency,
        expires_at=made.valid_until_end,
    )
    made.move_to(OrderState.PENDING)
    if made.guest_email:
        quote_sent(made)
    return made


def _write_line(
    made: Order, order: Order, amount: Decimal, supply: Supply, taxes: tuple[Tax, ...]
) -> None:
    with_tax = amount + _tax(taxes)
    title = gettext("Shipping to the new address of order %(number)s")
    line = Line.objects.create(
        order=made,
        title=title % {"number": order.number},
        partner_sku=SHIPPING_SKU,
        quantity=1,
        unit_price_excl_tax=amount,
        line_price_excl_tax=amount,
        line_price_incl_tax=with_tax,
        line_price_before_discounts_excl_tax=amount,
        line_price_before_discounts_incl_tax=with_tax,
        num_allocated=0,
        requires_shipping=False,
        stock_tracked=False,
    )
    write_taxes(made, [line], [amount, ZERO], taxes, supply)
