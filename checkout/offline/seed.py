"""Demo orders, one for each task of staff. Paid by cheque: the seed runs without Stripe."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.basket.services import add_product
from checkout.deadlines.services import send_notices
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.payment.models import PaymentMethod
from checkout.placement.drafts import (
    create_draft,
    draft_basket,
    locked_draft,
    place_quote,
    write_draft,
)
from checkout.placement.services import OrderDetails
from checkout.settlement.offline import record_offline_payment
from microflight.core.money import to_cents
from policies.opening.models import AwayPeriod

AIRPLANES = ("MF-AP-WREN", "MF-AP-KESTREL")
BACKORDERED, CELL = "MF-MT-BL3", "MF-BT-050-JST"


def _customer(first: str, last: str, *place: str) -> OrderDetails:
    line1, city, province, postcode, country = place
    return OrderDetails(
        email=f"{first.lower()}@example.com", first_name=first, last_name=last, line1=line1,
        city=city, province=province, postcode=postcode, country=country,
    )  # fmt: skip


MARGUERITE = _customer(
    "Marguerite", "Tremblay", "48 Rue des Hirondelles", "Winnipeg", "MB", "R3C 0V8", "CA"
)
OTTO = _customer("Otto", "Brandt", "Ahornweg 3", "Bremen", "", "28195", "DE")
WAITING = (
    _customer("Gwen", "Sinclair", "7 Spruce Crescent", "Regina", "SK", "S4S 0A1", "CA"),
    _customer("Henry", "Okafor", "91 Birch Road", "Halifax", "NS", "B3H 1A1", "CA"),
)
IRENE = _customer("Irene", "Castillo", "220 Pike Street", "Seattle", "WA", "98101", "US")
JONAH = _customer("Jonah", "Peters", "5 Willow Lane", "Calgary", "AB", "T2P 1J9", "CA")


@transaction.atomic
def load_demo_orders() -> None:
    """Create the orders once: a quote that waits for its cheque, a draft that cannot ship to
    Europe, two that wait while the shop is away, a delayed one, and one with documents."""
    if Order.objects.exclude(channel=Channel.ONLINE).exists():
        return
    staff = User.objects.filter(is_staff=True).order_by("pk").first()
    _quote(_draft(MARGUERITE, AIRPLANES, staff), "Waits for her cheque", staff)
    _draft(OTTO, (CELL,), staff, channel=Channel.EMAIL)
    with _away_from_tomorrow():
        for customer in WAITING:
            paid_order(customer, AIRPLANES[:1], staff)
    paid_order(IRENE, (BACKORDERED,), staff)
    record = StockRecord.objects.get(partner_sku=BACKORDERED)
    record.expected_on = (record.expected_on or timezone.localdate()) + timedelta(days=60)
    record.save()
    send_notices()
    documented = paid_order(JONAH, AIRPLANES, staff)
    refund_order(order=documented, cents=500, reason="A propeller was scratched.", by=staff)


def _draft(
    customer: OrderDetails, skus: tuple[str, ...], staff: User | None, channel: str = Channel.PHONE
) -> Order:
    draft = create_draft(details=customer, channel=channel, by=staff)
    for sku in skus:
        product = StockRecord.objects.get(partner_sku=sku).product_id
        add_product(basket=draft_basket(draft), product_id=product, quantity=1, user=staff)
    write_draft(locked_draft(draft))
    return draft


def _quote(draft: Order, reason: str, staff: User | None) -> Order:
    until = timezone.localdate() + timedelta(days=14)
    return place_quote(order=draft, valid_until=until, reason=reason, early_charge=True, by=staff)


def paid_order(customer: OrderDetails, skus: tuple[str, ...], staff: User | None) -> Order:
    """Take an order that is paid by cheque."""
    order = _quote(_draft(customer, skus, staff), "Pays by cheque", staff)
    return record_offline_payment(
        order=order,
        method=PaymentMethod.CHEQUE,
        cents=to_cents(order.total_incl_tax),
        received_on=timezone.localdate(),
        by=staff,
    )


@contextmanager
def _away_from_tomorrow() -> Iterator[None]:
    """Let the demo's away period begin tomorrow: customers agree that their orders wait for its
    end. They go on hold when staff switch it on."""
    periods = AwayPeriod.objects.filter(active=False)
    before = periods.values_list("pk", "starts_on").first()
    if before is None:
        yield
        return
    period = AwayPeriod.objects.filter(pk=before[0])
    period.update(active=True, starts_on=timezone.localdate() + timedelta(days=1))
    yield
    period.update(active=False, starts_on=before[1])
