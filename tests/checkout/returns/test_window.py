"""Until when pieces can be returned: whole shop days, counted for each parcel alone."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.conf import settings

from checkout.order.models import Order, ShippingEvent
from checkout.returns.window import last_day, returnable
from tests.checkout.returns.conftest import asked, came


def pieces(order: Order, day: date) -> list[int]:
    return [each.pieces for each in returnable(order, day)]


@pytest.mark.parametrize(
    ("left", "last"),
    [
        # 5:59 by Greenwich is still the evening before in Saskatoon, 6:00 is the new day
        (datetime(2026, 3, 2, 5, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2024, 1, 30, 18, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_thirty_whole_shop_days_follow_the_day_on_which_the_parcel_left(left: datetime, last: date):
    assert settings.RETURN_WINDOW_DAYS == 30
    assert last_day(left) == last


@pytest.mark.promise("return-window")
def test_the_last_day_counts_whole_and_the_next_not_at_all(shipped: Order):
    ShippingEvent.objects.update(date_created=datetime(2026, 3, 2, 18, tzinfo=UTC))
    assert pieces(shipped, date(2026, 4, 1)) == [3, 1]
    assert pieces(shipped, date(2026, 4, 2)) == [0, 0]
    gone = returnable(shipped, date(2026, 4, 2))[0]
    assert gone.why_none == "It could be returned until April 1, 2026."


def test_what_was_cancelled_is_not_called_unsent(shipped: Order):
    ShippingEvent.objects.all().delete()
    line = shipped.lines.order_by("pk")[0]
    assert returnable(shipped)[0].why_none == "It has not been sent yet."
    shipped.lines.filter(pk=line.pk).update(cancelled=line.quantity)
    assert returnable(shipped)[0].why_none == "It was cancelled, and not sent."


@pytest.mark.promise("return-window")
def test_each_parcel_has_its_own_days_and_a_return_takes_of_the_oldest_that_is_open(
    shipped: Order, charlie: object
):
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
        ret = asked(shipped, 2)
    # both are of the first parcel: the piece of the second one can still be returned
    assert [pieces(shipped, date(2026, 4, day))[0] for day in (1, 2, 19, 20)] == [1, 1, 1, 0]
    with time_machine.travel(datetime(2026, 3, 28, 18, tzinfo=UTC), tick=False):
        came(ret, charlie, (1, 0))
    assert [pieces(shipped, date(2026, 4, day))[0] for day in (1, 2, 19, 20)] == [2, 1, 1, 0]
