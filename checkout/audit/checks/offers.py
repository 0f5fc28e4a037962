"""Discounts, offers and vouchers against what orders used of them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Coalesce
from oscar.apps.voucher.models import Voucher, VoucherApplication

from checkout.audit.checks.base import Breach, Look, cad, cents, check, number_of, one_number, total
from checkout.audit.checks.tax import BOOKKEEPING
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Line, Order, OrderDiscount

RESET = "Set its counters to what the orders say, or its limit lets in too many or too few."


def _of_goods() -> Any:
    """What offers took off the goods of the outer order, in cents."""
    discounts = OrderDiscount.objects.filter(category=OrderDiscount.BASKET)
    return total(discounts.annotate(off=cents("amount")), "off", by="order_id")


@check("discounts", "Every order's discounts are what its lines were reduced by.")
def discounts(look: Look) -> Iterator[Breach]:
    """Lines before discounts, less the discounts on goods, are the lines."""
    orders = Order.objects.all()
    look.at(orders)
    reduced = Line.objects.annotate(
        off=cents("line_price_before_discounts_excl_tax") - cents("line_price_excl_tax")
    )
    suspects = orders.annotate(off=total(reduced, "off", by="order_id"), given=_of_goods())
    for number, off, given in (
        suspects.exclude(off=F("given")).order_by("pk").values_list("number", "off", "given")
    ):
        what = f"Its lines are reduced by {cad(off)}, and its discounts are {cad(given)}."
        yield look.order(number, what, BOOKKEEPING)


def _used(field: str) -> Any:
    """Discounts that count against the limits of the outer row: those of orders that live."""
    rows = OrderDiscount.objects.annotate(off=cents("amount"), times=Coalesce(F("frequency"), 0))
    return {
        "uses": total(rows, "times", by=field),
        "off": total(rows, "off", by=field),
        "rows": number_of(rows, by=field),
    }


@check("offer-uses", "Every offer has counted the orders that use it.")
def offer_uses(look: Look) -> Iterator[Breach]:
    """Uses, orders and CAD of an offer are those of the discounts that point at it."""
    offers = ConditionalOffer.objects.all()
    look.at(offers)
    suspects = offers.annotate(**_used("offer_id"), given=cents("total_discount")).exclude(
        num_applications=F("uses"), num_orders=F("rows"), given=F("off")
    )
    for name, counted, uses, given, off in suspects.order_by("pk").values_list(
        "name", "num_applications", "uses", "given", "off"
    ):
        what = f"It counted {counted} uses for {cad(given)}; its orders have {uses} for {cad(off)}."
        yield look.breach(f"offer {name!r}", what, RESET)


@check("voucher-uses", "Every voucher has counted the orders that use it.")
def voucher_uses(look: Look) -> Iterator[Breach]:
    """Orders and CAD of a voucher are those of the discounts that point at it, and each customer's
    use is noted."""
    vouchers = Voucher.objects.all()
    look.at(vouchers)
    by_order = OrderDiscount.objects.annotate(off=cents("amount"))
    suspects = vouchers.annotate(
        orders=one_number(by_order, Count("order_id", distinct=True), by="voucher_id"),
        off=total(by_order, "off", by="voucher_id"),
        given=cents("total_discount"),
        noted=number_of(VoucherApplication.objects, by="voucher_id"),
    ).exclude(num_orders=F("orders"), noted=F("orders"), given=F("off"))
    for code, counted, noted, given, orders, off in suspects.order_by("pk").values_list(
        "code", "num_orders", "noted", "given", "orders", "off"
    ):
        what = (
            f"It counted {counted} orders ({noted} noted) for {cad(given)}; "
            f"{orders} use it for {cad(off)}."
        )
        yield look.breach(f"voucher {code}", what, RESET)
