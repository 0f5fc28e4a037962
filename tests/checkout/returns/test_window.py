"""The return window: whole days in the shop's time zone, per shipment."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.conf import settings

from checkout.order.models import Order, ShippingEvent
from checkout.returns.window import last_day, returnable
from tests.checkout.returns.helpers import approve_and_receive, request_return


def pieces(order: Order, day: date) -> list[int]:
    return [each.quantity for each in returnable(order, day)]


@pytest.mark.parametrize(
    ("left", "last"),
    [
        # 5:59 UTC is the evening before in Saskatoon, 6:00 UTC is the new day
        (datetime(2026, 3, 2, 5, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2024, 1, 30, 18, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_last_day_is_thirty_days_after_shipment_in_shop_time(left: datetime, last: date):
    assert settings.RETURN_WINDOW_DAYS == 30
    assert last_day(left) == last


@pytest.mark.promise("return-window")
def test_units_are_returnable_until_the_end_of_the_last_day(shipped: Order):
    ShippingEvent.objects.update(date_created=datetime(2026, 3, 2, 18, tzinfo=UTC))
    assert pieces(shipped, date(2026, 4, 1)) == [3, 1]
    assert pieces(shipped, date(2026, 4, 2)) == [0, 0]
    gone = returnable(shipped, date(2026, 4, 2))[0]
    assert gone.not_returnable_reason == "The return period ended on April 1, 2026."


def test_cancelled_and_unshipped_lines_have_different_reasons(shipped: Order):
    ShippingEvent.objects.all().delete()
    line = shipped.lines.order_by("pk")[0]
    assert returnable(shipped)[0].not_returnable_reason == "It has not shipped yet."
    shipped.lines.filter(pk=line.pk).update(cancelled=line.quantity)
    assert returnable(shipped)[0].not_returnable_reason == "It was cancelled and not shipped."


@pytest.mark.promise("return-window")
def test_return_uses_units_of_the_oldest_open_shipment(shipped: Order, charlie: object):
    early, late = datetime(2026, 3, 2, 18, tzinfo=UTC), datetime(2026, 3, 20, 18, tzinfo=UTC)
    first = ShippingEvent.objects.get()
    line = shipped.lines.order_by("pk")[0]
    first.line_quantities.filter(line=line).update(quantity=2)
    ShippingEvent.objects.update(date_created=early)
    second = ShippingEvent.objects.create(order=shipped, event_type=first.event_type)
    second.line_quantities.create(line=line, quantity=1)
    ShippingEvent.objects.filter(pk=second.pk).update(date_created=late)
    assert [pieces(shipped, date(2026, 4, day))[0] for day in (1, 2, 19, 20)] == [3, 1, 1, 0]
    with time_machine.travel(datetime(2026, 3, 25, 18, tzinfo=UTC), tick=False):
        ret = request_return(shipped, 2)
    # both units are of the first shipment: the unit of the second can still be returned
    assert [pieces(shipped, date(2026, 4, day))[0] for day in (1, 2, 19, 20)] == [1, 1, 1, 0]
    with time_machine.travel(datetime(2026, 3, 28, 18, tzinfo=UTC), tick=False):
        approve_and_receive(ret, charlie, (1, 0))
    assert [pieces(shipped, date(2026, 4, day))[0] for day in (1, 2, 19, 20)] == [2, 1, 1, 0]
