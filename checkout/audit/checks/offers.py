"""Discounts, offers and vouchers compared with the orders that used them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher, VoucherApplication

from checkout.audit.checks.base import (
    Breach,
    CheckRun,
    cents,
    check,
    number_of,
    one_number,
    total,
)
from checkout.audit.checks.tax import DIFFERS
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Line, Order, OrderDiscount

RESET = _("Set its counters to what the orders say, or its usage limit is wrong.")


@check("discounts", _("Every order’s discounts match its lines."))
def discounts(run: CheckRun) -> Iterator[Breach]:
    """Lines before discounts, less the discounts on items, are the lines."""
    orders = run.count(Order.objects.all())
    reduced = Line.objects.annotate(
        off=cents("line_price_before_discounts_excl_tax") - cents("line_price_excl_tax")
    )
    on_items = OrderDiscount.objects.filter(category=OrderDiscount.BASKET)
    suspects = orders.annotate(
        off_cents=total(reduced, "off", by="order_id"),
        given_cents=total(on_items.annotate(off=cents("amount")), "off", by="order_id"),
    ).exclude(off_cents=F("given_cents"))
    problem = _("Its lines are reduced by %(off)s, but its discounts add up to %(given)s.")
    yield from run.breaches(suspects, problem, DIFFERS, off="off_cents", given="given_cents")


def _used(field: str) -> Any:
    """Return the uses and sums of the discounts of the outer row."""
    rows = OrderDiscount.objects.in_use().annotate(
        off=cents("amount"), times=Coalesce(F("frequency"), 0)
    )
    return {
        "uses": total(rows, "times", by=field),
        "off_cents": total(rows, "off", by=field),
        "rows": number_of(rows, by=field),
    }


@check("offer-uses", _("Every offer’s counters match its orders."))
def offer_uses(run: CheckRun) -> Iterator[Breach]:
    """Uses, orders and total of an offer are those of its discounts."""
    offers = run.count(ConditionalOffer.objects.all())
    suspects = offers.annotate(**_used("offer_id"), given_cents=cents("total_discount")).exclude(
        num_applications=F("uses"), num_orders=F("rows"), given_cents=F("off_cents")
    )
    yield from run.breaches(
        suspects,
        _("Uses counted: %(counted)d (%(given)s); in orders: %(uses)d (%(off)s)."),
        RESET,
        subject="offer '%(name)s'",
        counted="num_applications",
        given="given_cents",
        off="off_cents",
    )


@check("voucher-uses", _("Every discount code’s counters match its orders."))
def voucher_uses(run: CheckRun) -> Iterator[Breach]:
    """Orders and total of a voucher are those of its discounts, and each use is recorded."""
    vouchers = run.count(Voucher.objects.all())
    by_order = OrderDiscount.objects.in_use().annotate(off=cents("amount"))
    suspects = vouchers.annotate(
        orders=one_number(by_order, Count("order_id", distinct=True), by="voucher_id"),
        off_cents=total(by_order, "off", by="voucher_id"),
        given_cents=cents("total_discount"),
        recorded=number_of(VoucherApplication.objects, by="voucher_id"),
    ).exclude(num_orders=F("orders"), recorded=F("orders"), given_cents=F("off_cents"))
    yield from run.breaches(
        suspects,
        _(
            "Orders counted: %(counted)d (%(recorded)d recorded, %(given)s); orders that use it: "
            "%(orders)d (%(off)s)."
        ),
        RESET,
        subject="discount code %(code)s",
        counted="num_orders",
        given="given_cents",
        off="off_cents",
    )
