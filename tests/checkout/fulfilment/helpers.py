"""URLs and form data of the order admin, and what a rejected action must not change."""

import uuid
from typing import Any

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import Transaction


def action_url(order: Order, name: str) -> str:
    """Return the URL of an action on an order."""
    return reverse("admin:order_order_action", args=[order.pk, name])


def order_url(order: Order) -> str:
    """Return the URL of the order page in the admin."""
    return reverse("admin:order_order_change", args=[order.pk])


def snapshot(order: Order) -> Any:
    """Return what a rejected action must not change."""
    return (
        Order.objects.get(pk=order.pk).status,
        list(StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")),
        list(Transaction.objects.values_list("type", "amount_cents")),
        ShippingEvent.objects.count(),
        Message.objects.count(),
        LogEntry.objects.count(),
    )


def line_data(order: Order, *quantities: int) -> dict[str, Any]:
    """Return form data with a quantity for each line."""
    lines = order.lines.order_by("pk")
    data = {f"line_{line.pk}": n for line, n in zip(lines, quantities, strict=False)}
    return {**data, "once": str(uuid.uuid4())}


def shipment_data(order: Order, *quantities: int, **changes: Any) -> dict[str, Any]:
    """Return form data that ships these quantities."""
    data = line_data(order, *quantities)
    return {**data, "carrier": "Canada Post", "tracking_number": "CP1", **changes}
