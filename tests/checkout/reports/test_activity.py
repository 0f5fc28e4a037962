"""Reports of stock, searches, campaigns, returns and carts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers.models import Topic
from catalog.partner.models import StockMovement, StockRecord
from catalog.search_index.models import SearchTerm
from checkout.basket.models import Basket
from checkout.returns.models import Return
from checkout.settlement.services import pay
from microflight.reports import activity
from microflight.reports.periods import Period
from microflight.reports.registry import REPORTS
from microflight.reports.report import figures
from tests.checkout.conftest import token
from tests.checkout.factories import make_parent, make_product
from tests.checkout.returns.helpers import request_return, ship

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def by_label(rows: Any) -> dict[str, list[int]]:
    return {item.label: numbers for item, numbers in rows.items()}


def test_stock_value_is_that_of_the_last_day(db: None) -> None:
    with time_machine.travel("2026-11-30T18:00:00+00:00", tick=False):
        make_product("Butterfly", price="49.00", stock=10)
        make_product("Small", parent=make_parent(), price="0.99", stock=3)
        gone = make_product("Sold out", price="0.99", stock=2).stockrecords.get()
        StockMovement.objects.create(stockrecord=gone, type="adjustment", on_hand_change=-2)
    with time_machine.travel("2026-12-01T06:00:00+00:00", tick=False):  # midnight in Regina
        record = StockRecord.objects.get(product__title="Butterfly")
        StockMovement.objects.create(stockrecord=record, type="adjustment", on_hand_change=-4)
        StockRecord.objects.filter(pk=record.pk).update(cost="20.50")
    assert by_label(activity.stock_value(NOVEMBER)) == {"Aircraft": [13, 49297, 20500, 1]}
    assert by_label(activity.stock_value(Period(date(2026, 12, 1), date(2026, 12, 1)))) == {
        "Aircraft": [9, 29697, 12300, 1]
    }
    assert activity.stock_value(NOVEMBER.previous) == {}


def test_searches_count_those_without_results(db: None) -> None:
    for day, searches, results in ((1, 5, 0), (2, 3, 7), (30, 1, 0)):
        SearchTerm.objects.create(
            term="lipo", day=date(2026, 11, day), searches=searches, results=results
        )
    SearchTerm.objects.create(term="lipo", day=date(2026, 12, 1), searches=50, results=0)
    found = figures(REPORTS["searches"], NOVEMBER)
    assert [(line.label, line.values) for line in found.lines] == [
        ("lipo", [9, 6, Decimal("66.7")])
    ]


def test_campaigns_count_on_the_day_they_started(db: None) -> None:
    topic = Topic.objects.create(slug="news", name="News")
    campaign = Campaign.objects.create(
        title="Motors", slug="motors", topic=topic, subject="Motors", source="x", delivered=200,
        bounced=3, unsubscribed=2, started_at=datetime(2026, 12, 1, 5, 59, tzinfo=UTC),
    )  # fmt: skip
    campaign.links.create(number=1, url="https://example.com", clicks_a=7, clicks_b=4)
    campaign.links.create(number=2, url="https://example.com/2", clicks_a=1)
    Campaign.objects.create(title="Draft", slug="draft", topic=topic, subject="Draft", source="x")
    assert by_label(activity.campaigns(NOVEMBER)) == {f"Motors ({campaign.pk})": [200, 12, 2, 3, 0]}


def test_returns_count_by_reason(order: Any, product: Any, stripe_double: Any) -> None:
    made = order((product(), 3))
    pay(order=made, confirmation_token=token(stripe_double))
    ship(made)
    request_return(made, 2)
    Return.objects.update(requested_at=datetime(2026, 11, 30, 12, tzinfo=UTC))
    Return.objects.get().lines.update(restocked=1)
    assert by_label(activity.returns(NOVEMBER)) == {"Faulty or does not work": [1, 2, 1, 0]}


def test_carts_are_paid_abandoned_or_young(
    order: Any, product: Any, cart: Any, stripe_double: Any
) -> None:
    paid = order(product())
    pay(order=paid, confirmation_token=token(stripe_double))
    made = [cart(product(price="10.01")) for _each in range(3)]
    filled = Basket.objects.filter(pk__in=[basket.pk for basket in made])
    filled.update(item_count=1, total=Decimal("10.01"))
    filled.filter(pk=made[2].pk).update(status=Basket.MERGED)
    Basket.objects.create()  # empty
    now = timezone.now()
    Basket.objects.update(date_created=now)
    filled.filter(pk=made[0].pk).update(date_created=now - timedelta(hours=24, seconds=1))
    found = figures(REPORTS["carts"], Period.ending(timezone.localdate(), 3))
    assert found.total.values == [3, 1, 1, Decimal("10.01"), Decimal("33.3")]


@pytest.mark.parametrize(
    ("days", "steps", "last"), [(62, 62, 1), (63, 9, 7), (731, 105, 3), (732, 27, 4)]
)
def test_steps_cover_the_period_and_line_up_with_the_previous_one(
    days: int, steps: int, last: int
) -> None:
    period = Period.ending(date(2026, 11, 30), days)
    assert len(period.steps) == len(period.previous.steps) == steps
    assert (period.steps[0].first, period.steps[-1].last) == period
    assert period.steps[-1].days == last
    assert [period.step_of(each.last) for each in period.steps] == list(range(steps))
    assert period.previous.last + timedelta(days=1) == period.first
