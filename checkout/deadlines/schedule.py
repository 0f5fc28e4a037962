"""By when an order must ship, by when it is expected to, and what the law says if it is late."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from checkout.deadlines.models import DelayNotice, DelayRule
from checkout.order.lines import line_progress
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.shipping.dates import promise
from policies.opening.calendars import SHOP, Schedule

OPEN = (OrderState.PLACED, OrderState.PART_SHIPPED)
#: Days to ship where no date was promised and no rule applies.
_DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Delay:
    """An order that ships later than promised; `new_date` is None if the day is not known."""

    promised_on: date
    new_date: date | None
    nth: int
    rule: DelayRule | None
    refund_on: date | None


def rule_of(order: Order) -> DelayRule | None:
    """Return the rule of the country that the order ships to."""
    if order.shipping_address is None:
        return None
    return DelayRule.objects.filter(countries=order.shipping_address.country_id).first()


def find_delay(order: Order, schedule: Schedule, today: date) -> Delay | None:
    """Return the delay of an order that has no notice yet, if there is one."""
    rule, last = rule_of(order), order.delay_notices.first()
    promised = _promised_last(order, rule, last)
    if promised is None:
        return None
    backordered, expected = _expected(order, schedule)
    known_early = backordered or schedule.away_on(today) is not None
    if today <= promised and not (known_early and (expected is None or expected > promised)):
        return None
    nth = last.nth + 1 if last else 1
    return Delay(promised, expected, nth, rule, _refund_on(rule, nth, promised, expected, today))


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when an order must ship; without `ships_by`, the buyer knows that the day is not known.

    `refund_on`: the day of the automatic refund, unless the buyer agrees to wait.
    """

    ships_by: date | None
    refund_on: date | None
    rule: DelayRule | None


def deadline_of(order: Order) -> Deadline | None:
    """Return the deadline of an order with something left to ship, else None."""
    if order.status not in OPEN or not order.needs_shipping:
        return None
    rule, last = rule_of(order), order.delay_notices.first()
    unanswered = last is not None and not last.replies.exists()
    refund_on = last.refund_on if last and unanswered else None
    return Deadline(_promised_last(order, rule, last), refund_on, rule)


def at_risk(schedule: Schedule) -> QuerySet[Order]:
    """Return open orders that may ship later than promised, before they do: what is in stock,
    SHIP_WARNING_DAYS working days before; what is on backorder, DELAY_WARNING_DAYS before."""
    today = localdate()
    soon = schedule.add_working_days(today, settings.SHIP_WARNING_DAYS, SHOP)
    later = today + timedelta(days=settings.DELAY_WARNING_DAYS)
    notices = DelayNotice.objects.filter(order=OuterRef("pk"))
    orders = Order.objects.open().exclude(shipping_code="")
    return (
        orders.exclude(Exists(notices.filter(new_date=None)))
        .annotate(
            promised=Coalesce(Subquery(notices.order_by("-pk").values("new_date")[:1]), "ships_by")
        )
        .filter(
            Q(promised__lte=soon)
            | Q(promised__lte=later, pk__in=Order.objects.backordered().values("pk"))
            | Q(promised=None, placed_at__date__lte=later - timedelta(days=_DEFAULT_DAYS))
        )
    )


def _promised_last(order: Order, rule: DelayRule | None, last: DelayNotice | None) -> date | None:
    """Return the day promised last; None if the buyer knows that the day is not known."""
    return last.new_date if last else promised_day(order, rule)


def promised_day(order: Order, rule: DelayRule | None) -> date:
    """Return the day by which checkout promised to ship the order."""
    if order.ships_by:
        return order.ships_by
    days = rule.ship_within_days if rule else _DEFAULT_DAYS
    return localdate(order.placed_at or order.date_placed) + timedelta(days=days)


def _expected(order: Order, schedule: Schedule) -> tuple[bool, date | None]:
    """Return whether anything is on backorder, and the day by which everything ships."""
    waiting = [each for each in line_progress(order) if each.backordered]
    if not waiting:
        return False, promise(None, None, schedule=schedule).ships_by
    days = [each.expected_on for each in waiting if each.expected_on]
    if len(days) < len(waiting):
        return True, None
    return True, promise(max(days), None, schedule=schedule).ships_by


def _refund_on(
    rule: DelayRule | None, nth: int, promised: date, new_date: date | None, today: date
) -> date | None:
    """Return the day of the automatic refund, None if silence is consent.

    Source: 16 CFR 435.2(b): after a first delay that is longer or open-ended, `silent_days` from
    the promised day; after a later one, the day promised last. Never before tomorrow.
    """
    if rule is None or rule.silent_days is None:
        return None
    limit = promised + timedelta(days=rule.silent_days)
    if nth == 1 and new_date and new_date <= limit:
        return None
    return max(limit if nth == 1 else promised, today + timedelta(days=1))
