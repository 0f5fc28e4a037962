"""Prints server time and statements of every admin list at 20,000 products and 50,000 orders.

Prints lines of name, number, limit. Runs in its own process, with the environment of the measured
shop. Server time is CPU time of the process and time in the database, the median of some requests:
a machine with other work has no steady clock. Rows are written in bulk, without services.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import django

django.setup()

from django.contrib import admin  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from oscar.apps.address.models import Country  # noqa: E402

from accounts.users.models import User  # noqa: E402
from catalog.models import Product, ProductClass  # noqa: E402
from catalog.partner.models import Partner, StockRecord  # noqa: E402
from checkout.order.models import Line, Order, ShippingAddress  # noqa: E402
from checkout.payment.models import PaymentAttempt, Transaction  # noqa: E402

PRODUCTS, ORDERS, CUSTOMERS = 20_000, 50_000, 5_000
LIMIT_MS, LIMIT_STATEMENTS, ROUNDS, BATCH = 300, 12, 3, 2_000
CITIES = ("Saskatoon", "Regina", "Winnipeg", "Calgary", "Halifax")


def _bulk(model: Any, rows: Iterator[Any]) -> list[Any]:
    return list(model.objects.bulk_create(rows, batch_size=BATCH))


def _products() -> list[Product]:
    kind = ProductClass.objects.create(name="Motor (benchmark)")
    partner = Partner.objects.create(name="Plantraco (benchmark)")
    products = _bulk(
        Product,
        (
            Product(title=f"Motor {n} mm", slug=f"motor-{n}", upc=f"B-{n}", product_class=kind)
            for n in range(PRODUCTS)
        ),
    )
    records = (
        StockRecord(
            product=product, partner=partner, partner_sku=product.upc, price=Decimal(5),
            num_in_stock=number % 40,
        )
        for number, product in enumerate(products)
    )  # fmt: skip
    _bulk(StockRecord, records)
    return products


def _orders(products: list[Product]) -> list[Order]:
    canada = Country.objects.get_or_create(
        iso_3166_1_a2="CA", defaults={"printable_name": "Canada", "name": "CANADA"}
    )[0]
    addresses = _bulk(
        ShippingAddress,
        (
            ShippingAddress(
                first_name="Dana", last_name=f"Flyer {n}", line1="12 Prairie Lane",
                line4=CITIES[n % len(CITIES)], postcode="S7K 1A1", country=canada,
            )
            for n in range(ORDERS)
        ),
    )  # fmt: skip
    now, twelve = timezone.now(), Decimal(12)
    orders = _bulk(
        Order,
        (
            Order(
                number=str(9_000_000 + n), guest_email=f"dana{n % CUSTOMERS}@example.com",
                status="placed" if n % 50 == 0 else "shipped", shipping_address=addresses[n],
                placed_at=now - timedelta(minutes=n), date_placed=now - timedelta(minutes=n),
                total_incl_tax=twelve, total_excl_tax=twelve,
                shipping_incl_tax=twelve, shipping_excl_tax=twelve,
            )
            for n in range(ORDERS)
        ),
    )  # fmt: skip
    _lines(orders, products)
    return orders


def _lines(orders: list[Order], products: list[Product]) -> None:
    five = Decimal(5)
    lines = (
        Line(
            order=order, product=product, partner_sku=product.upc, title=product.title, quantity=1,
            num_allocated=0,
            unit_price_excl_tax=five, line_price_excl_tax=five, line_price_incl_tax=five,
            line_price_before_discounts_excl_tax=five, line_price_before_discounts_incl_tax=five,
        )
        for number, order in enumerate(orders)
        for product in [products[number % PRODUCTS]]
    )  # fmt: skip
    _bulk(Line, lines)


def _payments(orders: list[Order]) -> None:
    attempts = _bulk(
        PaymentAttempt,
        (
            PaymentAttempt(
                order=order, amount_cents=1200, captured_cents=1200, refunded_cents=0,
                intent_id=f"pi_b{order.pk}", expires_at=timezone.now(),
            )
            for order in orders
        ),
    )  # fmt: skip
    transactions = (
        Transaction(
            attempt=attempt, type="capture", amount_cents=1200, stripe_id=f"ch_b{attempt.pk}"
        )
        for attempt in attempts
    )
    _bulk(Transaction, transactions)


@transaction.atomic
def seed() -> None:
    """Write the rows once."""
    if Product.objects.filter(upc="B-0").exists():
        return
    _bulk(User, (User(email=f"pilot{n}@example.com") for n in range(CUSTOMERS)))
    orders = _orders(_products())
    _payments(orders)


def _staff() -> Client:
    user = User.objects.filter(email="bench-staff@example.com").first()
    user = user or User.objects.create_superuser("bench-staff@example.com", "bench-3.6-staff")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def _urls() -> Iterator[str]:
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    orders, products = "/admin/order/order/", "/admin/catalogue/product/"
    yield from (f"{orders}?task=to-ship", f"{orders}?q=Halifax", f"{orders}?q=9000017")
    yield from (f"{products}?q=motor+77", f"{products}?p=150", "/admin/search/?q=halifax")
    yield "/admin/"


def _measure(client: Client, url: str) -> tuple[float, int]:
    """Return milliseconds and statements of a page, the median of some requests."""
    times = []
    for _ in range(ROUNDS):
        with CaptureQueriesContext(connection) as asked:
            start = time.process_time()
            status = client.get(url).status_code
            spent = time.process_time() - start
        if status not in (200, 302):
            raise SystemExit(f"{status}: {url}")
        if connection.vendor != "sqlite":  # which runs in this process
            spent += sum(float(query["time"]) for query in asked.captured_queries)
        times.append(spent)
    return median(times) * 1000, len(asked)


def main() -> None:
    """Print all lines, the slowest list first."""
    seed()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = _staff()
    found = {url: _measure(client, url) for url in _urls()}
    for url, (spent, statements) in sorted(found.items(), key=lambda each: -each[1][0]):
        print(f"{url}: ms\t{spent:.1f}\t{LIMIT_MS}")  # noqa: T201
        limit = LIMIT_STATEMENTS if url != "/admin/" else 15
        print(f"{url}: statements\t{statements}\t{limit}")  # noqa: T201


if __name__ == "__main__":
    main()
