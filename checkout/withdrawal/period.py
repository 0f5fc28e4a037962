"""Until when a buyer can withdraw, and which units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Sum
from django.utils.timezone import localdate

from checkout.order.delivery import WITHOUT_SHIPPING
from checkout.order.lines import LineProgress, line_progress
from checkout.order.models import Line, Order
from checkout.order.states import OrderState
from checkout.returns.models import ReturnLine
from checkout.shipping.models import MethodZone
from checkout.withdrawal.models import WithdrawalLine, WithdrawalRule
from policies.opening.calendars import CARRIER, add_working_days

_STATES = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)


@dataclass(frozen=True, slots=True)
class WithdrawableLine:
    """A line, how many of its units the buyer can withdraw from, and how many of them shipped."""

    line: Line
    quantity: int
    shipped: int


@dataclass(frozen=True, slots=True)
class Options:
    """What can be withdrawn; `last_day` is None while something has not shipped."""

    lines: Sequence[WithdrawableLine] = ()
    last_day: date | None = None

    def __bool__(self) -> bool:
        return bool(self.lines)


def rule_of(order: Order) -> WithdrawalRule | None:
    """Return the rule of the country that the order ships to."""
    if order.status not in _STATES or order.shipping_address is None:
        return None
    country = order.shipping_address.country_id
    return WithdrawalRule.objects.filter(countries=country).order_by("-days").first()


def withdrawal_options(order: Order, today: date | None = None) -> Options:
    """Return the lines that can be withdrawn today: one query outside the rules' countries."""
    rule = rule_of(order)
    if rule is None:
        return Options()
    lines = order.lines.select_related("stockrecord", "kit").prefetch_related("attributes__option")
    progress = line_progress(order, lines.order_by("pk"), with_stock=False)
    last_day = None
    if not any(each.remaining for each in progress):
        last_day = _last_day(order, rule)
        if last_day is None or last_day < (today or localdate()):
            return Options(last_day=last_day)
    return Options(_lines(order, progress), last_day)


def _last_day(order: Order, rule: WithdrawalRule) -> date | None:
    """Return the last day of the period, None if nothing was shipped.

    It starts when the last parcel of the order arrives (Directive 2011/83/EU, article 9).
    """
    events = order.shipping_events.exclude(event_type__name=WITHOUT_SHIPPING)
    last = events.order_by("-date_created").first()
    if last is None:
        return None
    zones = MethodZone.objects.filter(method__code=order.shipping_code)
    transit = zones.aggregate(longest=Max("max_days"))["longest"] or 0
    arrived = add_working_days(localdate(last.date_created), transit, CARRIER)
    return arrived + timedelta(days=rule.late_days + rule.days)


def shipped_units(order: Order) -> list[WithdrawableLine]:
    """Return each line with the units that are with the buyer and in no return."""
    lines = order.lines.order_by("pk")
    return _with_buyer(order, line_progress(order, lines, with_stock=False))


def _with_buyer(order: Order, progress: Sequence[LineProgress]) -> list[WithdrawableLine]:
    held: dict[int, int] = {}
    for row in ReturnLine.objects.filter(parent__order=order).select_related("parent"):
        held[row.line_id] = held.get(row.line_id, 0) + row.held_quantity
    lines = []
    for each in progress:
        # what needs no shipping was delivered at once: nothing can be sent back
        shipped = each.shipped if each.line.requires_shipping else 0
        shipped = max(0, shipped - held.get(each.line.pk, 0))
        lines.append(WithdrawableLine(each.line, each.remaining + shipped, shipped))
    return lines


def _lines(order: Order, progress: Sequence[LineProgress]) -> list[WithdrawableLine]:
    """Return the lines with units that are not in a withdrawal yet."""
    declared = WithdrawalLine.objects.filter(parent__order=order, parent__settled_at=None)
    totals = declared.order_by().values("line").annotate(units=Sum("quantity"))
    pending = dict(totals.values_list("line", "units"))
    lines = []
    for each in _with_buyer(order, progress):
        quantity = each.quantity - pending.get(each.line.pk, 0)
        if quantity > 0:
            shipped = min(quantity, each.shipped)
            lines.append(WithdrawableLine(each.line, quantity, shipped))
    return lines
