"""Promised dates of quotes and order forms, which are paid days after they were written."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from checkout.order.models import Order
from policies.opening import calendars

#: Each promised date, with the calendar of those who keep it.
_COLUMNS = (("ships_by", "shop"), ("arrives_from", "carrier"), ("arrives_by", "carrier"))


def postpone_promises(order: Order) -> None:
    """Move the promised dates by the days since a locked order was written, to working days.

    The time to ship and to travel begins with the payment: without this, an order could be late
    on the day that it is placed.
    """
    days = (timezone.localdate() - timezone.localdate(order.date_placed)).days
    if days <= 0:
        return
    schedule = calendars.load()
    rows: list[Any] = [order, *order.lines.order_by("pk")]
    for row in rows:
        for column, calendar in _COLUMNS:
            if (day := getattr(row, column)) is not None:
                later = schedule.add_working_days(day + timedelta(days=days), 0, calendar)
                setattr(row, column, later)
        row.save(update_fields=[column for column, _calendar in _COLUMNS])
