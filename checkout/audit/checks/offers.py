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
    cad,
    cents,
    check,
    number_of,
    one_number,
    total,
)
from checkout.audit.checks.tax import CHANGED
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Line, Order, OrderDiscount

RESET = _("Set its counters to what the orders say, or its usage limit is wrong.")


def _item_discounts() -> Any:
    """Return the discounts on items of the outer order, in cents."""
    discounts = OrderDiscount.objects.filter(category=OrderDiscount.BASKET)
    return total(discounts.annotate(off=cents("amount")), "off", by="order_id")


@check("discounts", _("Every order’s discounts match its lines."))
def discounts(run: CheckRun) -> Iterator[Breach]:
    """Lines before discounts, less the discounts on items, are the lines."""
    orders = Order.objects.all()
    run.count(orders)
    reduced = Line.objects.annotate(
        off=cents("line_price_before_discounts_excl_tax") - cents("line_price_excl_tax")
    )
    suspects = orders.annotate(off=total(reduced, "off", by="order_id"), given=_item_discounts())
    for number, off, given in (
        suspects.exclude(off=F("given")).order_by("pk").values_list("number", "off", "given")
    ):
        problem = _("Its lines are reduced by %(off)s, but its discounts add up to %(given)s.")
        yield run.order_breach(number, problem, CHANGED, off=cad(off), given=cad(given))


def _used(field: str) -> Any:
    """Return the uses and sums of the discounts of the outer row."""
    rows = OrderDiscount.objects.annotate(off=cents("amount"), times=Coalesce(F("frequency"), 0))
    return {
        "uses": total(rows, "times", by=field),
        "off": total(rows, "off", by=field),
        "rows": number_of(rows, by=field),
    }


@check("offer-uses", _("Every offer’s counters match its orders."))
def offer_uses(run: CheckRun) -> Iterator[Breach]:
    """Uses, orders and total of an offer are those of its discounts."""
    offers = ConditionalOffer.objects.all()
    run.count(offers)
    suspects = offers.annotate(**_used("offer_id"), given=cents("total_discount")).exclude(
        num_applications=F("uses"), num_orders=F("rows"), given=F("off")
    )
    for name, counted, uses, given, off in suspects.order_by("pk").values_list(
        "name", "num_applications", "uses", "given", "off"
    ):
        yield run.breach(
            f"offer {name!r}",
            _("It counted %(counted)d uses (%(given)s), but orders have %(uses)d (%(off)s)."),
            RESET,
            counted=counted,
            given=cad(given),
            uses=uses,
            off=cad(off),
        )


@check("voucher-uses", _("Every discount code’s counters match its orders."))
def voucher_uses(run: CheckRun) -> Iterator[Breach]:
    """Orders and total of a voucher are those of its discounts, and each use is recorded."""
    vouchers = Voucher.objects.all()
    run.count(vouchers)
    by_order = OrderDiscount.objects.annotate(off=cents("amount"))
    suspects = vouchers.annotate(
        orders=one_number(by_order, Count("order_id", distinct=True), by="voucher_id"),
        off=total(by_order, "off", by="voucher_id"),
        given=cents("total_discount"),
        recorded=number_of(VoucherApplication.objects, by="voucher_id"),
    ).exclude(num_orders=F("orders"), recorded=F("orders"), given=F("off"))
    for code, counted, recorded, given, orders, off in suspects.order_by("pk").values_list(
        "code", "num_orders", "recorded", "given", "orders", "off"
    ):
        yield run.breach(
            f"discount code {code}",
            _(
                "It counted %(counted)d orders (%(recorded)d recorded, %(given)s), but "
                "%(orders)d use it (%(off)s)."
            ),
            RESET,
            counted=counted,
            recorded=recorded,
            given=cad(given),
            orders=orders,
            off=cad(off),
        )
