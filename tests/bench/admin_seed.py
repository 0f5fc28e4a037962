"""A shop of 20,000 products and 50,000 orders with all that belongs to them, in seconds."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from oscar.apps.address.models import Country
from oscar.apps.order.models import ShippingEventType

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.models import Product, ProductClass
from catalog.partner.models import Partner, StockRecord
from catalog.search_index.models import SearchTerm
from checkout.basket.models import Basket
from checkout.order.models import BillingAddress, Line, Order, ShippingAddress, ShippingEvent
from checkout.payment.models import PaymentAttempt, StripeEvent, Transaction
from microflight.customers.models import Customer
from tests.bench.many_rows import copy_of, multiply
from tests.project.admin_rows import ROWS

PRODUCTS, ORDERS, CUSTOMERS = 20_000, 50_000, 5_000
#: Orders to ship: every fiftieth.
OPEN = "n % 50 = 0"
_CITY = "(ARRAY['Saskatoon', 'Regina', 'Winnipeg', 'Calgary', 'Halifax'])[1 + n % 5]"
_EMAIL = f"'dana' || n % {CUSTOMERS} || '@example.com'"


@transaction.atomic
def seed() -> None:
    """Write the rows: one of each model in the admin, and many of those that orders bring."""
    for create in ROWS.values():
        _one_row(create)
    _customers()
    _products()
    _orders()
    _payments()
    _traffic()


def _one_row(create: Callable[[int], Any]) -> None:
    """Create a row, under another number where rows of other models have its name."""
    for number in range(1, 12):
        with suppress(IntegrityError), transaction.atomic():
            create(number)
            return


def _customers() -> None:
    multiply(User.objects.create_user("flyer@example.com"), CUSTOMERS,
             email="'flyer' || n || '@example.com'")  # fmt: skip
    multiply(Customer.objects.create(email="dana@example.com"), CUSTOMERS, email=_EMAIL)


def _products() -> None:
    kind = ProductClass.objects.create(name="Motor (benchmark)")
    partner = Partner.objects.create(name="Plantraco (benchmark)")
    product = Product.objects.create(title="Motor", upc="B", product_class=kind)
    multiply(product, PRODUCTS, title="'Motor ' || n || ' mm'", slug="'motor-' || n",
             upc="'B-' || n")  # fmt: skip
    record = StockRecord.objects.create(
        product=product, partner=partner, partner_sku="B", price=5, num_in_stock=9
    )
    multiply(record, PRODUCTS, product_id=copy_of(PRODUCTS), partner_sku="'B-' || n",
             num_in_stock="n % 40")  # fmt: skip


def _orders() -> None:
    """Write an order each minute until now: two items for 5.00 each, shipping for 2.00."""
    country = Country.objects.get_or_create(
        iso_3166_1_a2="CA", defaults={"printable_name": "Canada", "name": "CANADA"}
    )[0]
    person = {"first_name": "Dana", "last_name": "Flyer", "line1": "12 Elm St", "country": country,
              "postcode": "S7K 1A1"}  # fmt: skip
    to = ShippingAddress.objects.create(**person, phone_number="+1 306 955 1836")
    names = {"last_name": "'Flyer ' || n", "line4": _CITY}
    phone = "'+1306' || 2000000 + n"
    multiply(to, ORDERS, **names, phone_number=phone)
    multiply(BillingAddress.objects.create(**person), ORDERS, **names)
    basket = Basket.objects.create(status=Basket.SUBMITTED, item_count=2, total=10)
    multiply(basket, 2 * ORDERS, date_created="now() - n * interval '30 seconds'",
             status=f"CASE WHEN n < {ORDERS} THEN 'Submitted' ELSE 'Open' END")  # fmt: skip
    order = Order.objects.create(
        number="900000", guest_email="dana@example.com", status="shipped", placed_at=timezone.now(),
        total_incl_tax=12, total_excl_tax=12, shipping_incl_tax=2, shipping_excl_tax=2,
        shipping_code="ca-parcel", supply_country="CA", supply_province="SK",
    )  # fmt: skip
    at = "now() - n * interval '1 minute'"
    multiply(
        order, ORDERS, number="(9000000 + n)::text", guest_email=_EMAIL, email_key=_EMAIL,
        placed_at=at, date_placed=at, basket_id=copy_of(ORDERS),
        shipping_address_id=copy_of(ORDERS), billing_address_id=copy_of(ORDERS),
        status=f"CASE WHEN {OPEN} THEN 'placed' ELSE 'shipped' END", link_secret="md5(n::text)",
    )  # fmt: skip
    _lines(order)


def _lines(order: Order) -> None:
    five = Decimal(5)
    line, _second = (
        Line.objects.create(
            order=order, partner_sku="B", title="Motor", quantity=1, num_allocated=0,
            status="shipped", unit_price_excl_tax=five, line_price_excl_tax=five,
            line_price_incl_tax=five, line_price_before_discounts_excl_tax=five,
            line_price_before_discounts_incl_tax=five,
        )
        for _item in range(2)
    )  # fmt: skip
    number = f"n % {PRODUCTS}"
    multiply(
        line, 2 * ORDERS, order_id=copy_of(ORDERS), product_id=copy_of(PRODUCTS),
        stockrecord_id=copy_of(PRODUCTS), partner_sku=f"'B-' || {number}",
        title=f"'Motor ' || {number} || ' mm'",
        status=f"CASE WHEN {OPEN} THEN 'ordered' ELSE 'shipped' END",
        num_allocated=f"CASE WHEN {OPEN} THEN 1 ELSE 0 END",
    )  # fmt: skip
    shipment = ShippingEvent.objects.create(
        order=order, event_type=ShippingEventType.objects.get_or_create(name="Shipped")[0],
        carrier="Canada Post", tracking_number="7035",
    )  # fmt: skip
    multiply(shipment, ORDERS, order_id=copy_of(ORDERS),
             tracking_number="'7035' || 100000000000 + n")  # fmt: skip


def _payments() -> None:
    attempt = PaymentAttempt.objects.create(
        order=Order.objects.get(number="900000"), amount_cents=1200, captured_cents=1200,
        intent_id="pi_b", expires_at=timezone.now(), state="captured",
    )  # fmt: skip
    multiply(attempt, ORDERS, uuid="gen_random_uuid()", order_id=copy_of(ORDERS),
             intent_id="'pi_b' || n")  # fmt: skip
    charge = Transaction.objects.create(
        attempt=attempt, type="capture", amount_cents=1200, stripe_id="ch_b"
    )
    multiply(charge, ORDERS, attempt_id=copy_of(ORDERS), stripe_id="'ch_b' || n")


def _traffic() -> None:
    """Write two emails and events per order, two stock movements, and searches."""
    now: Any = {"sent_at": timezone.now()}
    email = Message.objects.create(
        email_type="order-confirmed", subject_id="order:900000", recipient="dana@example.com",
        state="sent", subject="Order 900000 confirmed", **now,
    )  # fmt: skip
    multiply(email, 2 * ORDERS, subject_id="'order:' || 9000000 + n", recipient=_EMAIL,
             created_at="now() - n * interval '30 seconds'")  # fmt: skip
    event = StripeEvent.objects.create(
        event_id="evt_b", type="charge.captured", object_id="ch_b", settled_at=timezone.now()
    )
    multiply(event, 2 * ORDERS, event_id="'evt_b' || n", intent_id=f"'pi_b' || n % {ORDERS}")
    record = StockRecord.objects.get(partner_sku="B")
    movement = record.movements.order_by("pk")[0]
    multiply(movement, 2 * ORDERS, stockrecord_id=copy_of(PRODUCTS),
             reference=f"'order:' || 9000000 + n % {ORDERS}")  # fmt: skip
    term = SearchTerm.objects.create(term="motor", day=timezone.localdate(), results=0)
    multiply(term, PRODUCTS, term="'motor ' || n / 60", day="current_date - n % 60",
             results="n % 3", searches="1 + n % 7")  # fmt: skip
