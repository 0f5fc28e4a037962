"""An order with everything that an email can show, written to the tables."""

from datetime import UTC, datetime
from decimal import Decimal

from django.utils import timezone
from oscar.apps.address.models import Country
from oscar.apps.order.models import ShippingEventType

from accounts.users.models import User
from checkout.order.models import (
    Line,
    LineCancellation,
    Order,
    OrderDiscount,
    ShippingAddress,
    ShippingEvent,
)
from checkout.payment.models import PaymentAttempt, Transaction
from checkout.returns.models import Return
from checkout.tax.models import TaxLine
from checkout.withdrawal.models import Withdrawal
from policies.models import Acceptance, Policy, PolicyVersion

LINES = [
    ("MF-DRAGONFLY", "Dragonfly 3.6 g, ready to fly", 1, "129.00"),
    ("MF-LIPO-10", "LiPo cell 10 mAh & plug", 3, "6.50"),
]


def make_order(*, number: str = "100017", user: User | None = None, email: str = "") -> Order:
    """Write an order from Saskatoon for $129.00 + 3 x $6.50, less $5.00, with GST and PST."""
    order = Order.objects.create(
        number=number,
        user=user,
        guest_email=email or (user.email if user else "guest@example.com"),
        status="placed",
        currency="CAD",
        total_excl_tax=Decimal("152.00"),
        total_incl_tax=Decimal("168.72"),
        shipping_excl_tax=Decimal("8.50"),
        shipping_incl_tax=Decimal("9.44"),
        shipping_method="Tracked packet",
        shipping_code="ca-packet",
        shipping_address=_address(),
        date_placed=datetime(2026, 11, 20, 18, tzinfo=UTC),
        placed_at=datetime(2026, 11, 20, 18, 1, tzinfo=UTC),
    )
    for row in LINES:
        _line(order, *row)
    OrderDiscount.objects.create(
        order=order, offer_name="$5 off the first flight", amount=Decimal("5.00"), frequency=1
    )
    _tax(order, "GST", "0.05000", "7.60")
    _tax(order, "PST", "0.06000", "9.12")
    return order


def _address() -> ShippingAddress:
    names = {"printable_name": "Canada", "is_shipping_country": True}
    country, _ = Country.objects.get_or_create(pk="CA", defaults=names)
    return ShippingAddress.objects.create(
        first_name="Alice",
        last_name="Moth",
        line1="12 Elevator Rd",
        line4="Saskatoon",
        state="SK",
        postcode="S7H 0S3",
        country=country,
        notes="Ring twice.",
    )


def _line(order: Order, sku: str, title: str, quantity: int, unit: str) -> Line:
    amount = Decimal(unit) * quantity
    return Line.objects.create(
        order=order,
        partner_sku=sku,
        title=title,
        quantity=quantity,
        unit_price_excl_tax=Decimal(unit),
        line_price_before_discounts_excl_tax=amount,
        line_price_before_discounts_incl_tax=amount,
        line_price_excl_tax=amount - (5 if sku == "MF-DRAGONFLY" else 0),  # the discount
        line_price_incl_tax=amount,
        num_allocated=quantity,
    )


def _tax(order: Order, component: str, rate: str, amount: str) -> None:
    TaxLine.objects.create(
        order=order,
        component=component,
        province="SK",
        rate=Decimal(rate),
        base=Decimal("152.00"),
        amount=Decimal(amount),
    )


def accept_policy(order: Order) -> None:
    """Record that version 2 of the payment policy was accepted with the order."""
    policy, _ = Policy.objects.get_or_create(slug="payment", defaults={"title": "Payment methods"})
    version, _ = PolicyVersion.objects.get_or_create(policy=policy, number=2)
    Acceptance.objects.create(version=version, subject=f"order:{order.number}", label="I agree")


def record_shipment(order: Order, line: int = 0) -> ShippingEvent:
    """Record a shipment of one unit of a line (by its position in the order)."""
    kind, _ = ShippingEventType.objects.get_or_create(code="shipped", defaults={"name": "Shipped"})
    event = ShippingEvent.objects.create(
        order=order, event_type=kind, carrier="Canada Post", tracking_number="7035 1148 0096"
    )
    event.line_quantities.create(line=order.lines.order_by("pk")[line], quantity=1)
    return event


def refund(order: Order, cents: int) -> Transaction:
    """Record that the whole order was captured and some of it went back."""
    attempt = PaymentAttempt.objects.create(
        order=order,
        amount_cents=16872,
        captured_cents=16872,
        refunded_cents=cents,
        expires_at=order.date_placed,
    )
    return attempt.transactions.create(type="refund", amount_cents=cents, stripe_id="re_1")


def make_withdrawal(order: Order) -> Withdrawal:
    """Withdraw from one unit of an order."""
    made = Withdrawal.objects.create(
        order=order, channel="link", email=order.guest_email, declared_at=timezone.now()
    )
    made.lines.create(line=order.lines.order_by("pk")[0], quantity=1)
    return made


def make_return(order: Order) -> Return:
    """Create a return of two cells, of which one arrived, with a note at each step."""
    ret = Return.objects.create(order=order, nth=1)
    line = order.lines.order_by("pk")[1]
    ret.lines.create(line=line, quantity=2, reason="faulty", restocked=0, scrapped=1)
    for state in ("requested", "approved", "declined", "received", "closed"):
        ret.events.create(state=state, note=f"Note on {state}.")
    return ret


def record_cancellation(order: Order) -> list[LineCancellation]:
    """Record that one unit of the last line was cancelled."""
    line = order.lines.order_by("pk").last()
    assert line is not None
    row = {"quantity": 1, "cents": 722, "reason": "Out of production."}
    return [LineCancellation.objects.create(line=line, **row)]
