"""Order numbers, states, shipments and policy acceptances."""

from collections.abc import Iterator
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Concat, Lag
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cents, check, total
from checkout.audit.checks.tax import DIFFERS
from checkout.order.models import (
    Line,
    Order,
    OrderKit,
    OrderStatusChange,
    ShippingEventQuantity,
)
from checkout.order.numbers import is_order_number
from checkout.order.states import ORDER, LineState, OrderState
from checkout.returns.models import ReturnLine
from checkout.returns.states import ARRIVED
from policies.models import Acceptance, Policy

COMPARE = _("Compare it with its shipments and emails, and tell a developer.")


@check("order-numbers", _("Every order number has a valid check digit."))
def order_numbers(run: CheckRun) -> Iterator[Breach]:
    """Check digits keep a mistyped number from being another order's."""
    orders = run.count(Order.objects.all())
    action = _("Find out how it was created: it is not from the sequence.")
    for (number,) in orders.order_by("pk").values_list("number").iterator():
        if not is_order_number(number):
            yield run.order_breach(number, _("Its check digit is wrong."), action)


def _shipped(*, by: str) -> Any:
    return total(ShippingEventQuantity.objects, "quantity", by=by)


@check("shipped-quantities", _("No line ships more than was ordered."))
def shipped_quantities(run: CheckRun) -> Iterator[Breach]:
    """All shipments of a line together have at most its quantity less cancelled units."""
    lines = run.count(Line.objects.all())
    ordered = F("quantity") - F("cancelled")
    over = lines.annotate(shipped=_shipped(by="line_id"), ordered=ordered).filter(
        shipped__gt=F("ordered")
    )
    yield from run.breaches(
        over,
        _("%(sku)s: %(shipped)d shipped, but %(ordered)d ordered."),
        _("Ask the customer to return the extra units."),
        number="order__number",
        sku="partner_sku",
    )


@check("order-states", _("Every order’s state matches its shipments."))
def order_states(run: CheckRun) -> Iterator[Breach]:
    """Nothing ships before an order is placed, and a shipped order has nothing left to ship."""
    orders = run.count(Order.objects.all())
    lines = Line.objects.annotate(ordered=F("quantity") - F("cancelled"))
    units = orders.annotate(
        ordered=total(lines, "ordered", by="order_id"), shipped=_shipped(by="line__order_id")
    )
    suspects = units.annotate(matches=_state_matches()).filter(matches=False)
    problem = _("It is %(status)s. Units shipped: %(shipped)d of %(ordered)d.")
    yield from run.breaches(suspects, problem, COMPARE)


def _state_matches() -> Case:
    return Case(
        When(status=OrderState.SHIPPED, then=Q(shipped__gt=0, shipped__gte=F("ordered"))),
        When(status=OrderState.PART_SHIPPED, then=Q(shipped__gt=0, shipped__lt=F("ordered"))),
        When(status=OrderState.CANCELLED, then=Q(shipped=0, ordered=0)),
        When(status=OrderState.DRAFT, then=Q(shipped=0)),
        default=Q(shipped=0, ordered__gt=0),
        output_field=BooleanField(),
    )


@check("line-states", _("Every line’s state matches its shipped, cancelled and returned units."))
def line_states(run: CheckRun) -> Iterator[Breach]:
    """Units determine a line's state, and every return is recorded on its line."""
    lines = run.count(Line.objects.all())
    arrived = ReturnLine.objects.filter(parent__state__in=ARRIVED).annotate(
        arrived=F("restocked") + F("scrapped")
    )
    units = lines.annotate(
        shipped=_shipped(by="line_id"),
        to_ship=F("quantity") - F("cancelled") - _shipped(by="line_id"),
        arrived=total(arrived, "arrived", by="line_id"),
    )
    suspects = units.annotate(due=_expected_line_state()).exclude(
        status=F("due"), returned=F("arrived")
    )
    problem = _(
        "%(partner_sku)s is %(status)s with %(returned)d returned, but should be %(due)s with "
        "%(arrived)d returned."
    )
    yield from run.breaches(suspects, problem, COMPARE, number="order__number")


def _expected_line_state() -> Case:
    return Case(
        When(to_ship__gt=0, shipped__gt=0, then=Value(LineState.PART_SHIPPED.value)),
        When(to_ship__gt=0, then=Value(LineState.ORDERED.value)),
        When(shipped=0, then=Value(LineState.CANCELLED.value)),
        When(returned=0, then=Value(LineState.SHIPPED.value)),
        When(returned=F("shipped"), then=Value(LineState.RETURNED.value)),
        default=Value(LineState.PART_RETURNED.value),
    )


@check("state-changes", _("Every order reached its state by allowed changes."))
def state_changes(run: CheckRun) -> Iterator[Breach]:
    """Each change starts where the previous one ended, and the last one ends at the status."""
    changes = run.count(OrderStatusChange.objects.all())
    before = Window(Lag("new_status"), partition_by="order_id", order_by="pk")
    allowed = Q()
    for old, following in ORDER.transitions.items():
        allowed |= Q(old_status=old, new_status__in=following)
    invalid = changes.annotate(before=before).filter(
        ~allowed | ~Q(old_status=Coalesce(F("before"), Value(ORDER.start)))
    )
    problem = _("It changed from %(old)s to %(new)s, which is not allowed at that point.")
    columns = {"number": "order__number", "old": "old_status", "new": "new_status"}
    yield from run.breaches(invalid, problem, COMPARE, **columns)
    last = Subquery(changes.filter(order=OuterRef("pk")).order_by("-pk").values("new_status")[:1])
    unexplained = Order.objects.annotate(last=Coalesce(last, Value(ORDER.start))).exclude(
        status=F("last")
    )
    problem = _("It is %(status)s, but its last change was to %(last)s.")
    yield from run.breaches(unexplained, problem, COMPARE)


@check("policy-acceptances", _("Every order has the policy acceptances that checkout requires."))
def policy_acceptances(run: CheckRun) -> Iterator[Breach]:
    """Each required policy was accepted, in a version in force, for every placed order since the
    first order that accepted it."""
    run.count(Acceptance.objects.filter(subject__startswith="order:"))
    for policy in Policy.objects.filter(required_at_checkout=True):
        given = Acceptance.objects.filter(version__policy=policy, subject__startswith="order:")
        since = given.aggregate(first=Min("accepted_at"))["first"]
        for (number,) in _without(given, since) if since else ():
            yield run.order_breach(
                number,
                _("It has no acceptance of the policy “%(policy)s”."),
                _("Do not change the policies, and tell a developer."),
                policy=policy.title,
            )


def _without(given: QuerySet[Acceptance], since: Any) -> Any:
    """Return the numbers of orders placed after a time without any of the acceptances."""
    accepted = given.filter(
        subject=OuterRef("subject"), version__effective_from__lte=OuterRef("placed_at")
    )
    placed = Order.objects.filter(placed_at__isnull=False, date_placed__gt=since)
    with_subject = placed.annotate(subject=Concat(Value("order:"), "number"))
    return with_subject.filter(~Exists(accepted)).order_by("pk").values_list("number")


@check("kits", _("The lines of every ordered kit add up to its price."))
def kits(run: CheckRun) -> Iterator[Breach]:
    """Quantity x unit price of a kit is the price of its lines before discounts."""
    ordered = run.count(OrderKit.objects.all())
    parts = Line.objects.annotate(price=cents("line_price_before_discounts_excl_tax"))
    sums = ordered.annotate(
        paid_cents=F("quantity") * cents("unit_price_excl_tax"),
        parts_cents=total(parts, "price", by="kit_id"),
    )
    yield from run.breaches(
        sums.exclude(paid_cents=F("parts_cents")),
        _("%(title)s cost %(paid)s, but its lines cost %(parts)s."),
        DIFFERS,
        number="order__number",
        paid="paid_cents",
        parts="parts_cents",
    )
