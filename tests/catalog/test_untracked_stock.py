"""Products whose type does not track stock are available everywhere, whatever is on hand."""

import json
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from catalog.back_in_stock import services
from catalog.models import Category, Product, ProductClass
from catalog.partner import ledger
from catalog.partner.availability import Availability, Stock
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import AVAILABLE, BY_URGENCY, LOW_STOCK, OUT_OF_STOCK, with_levels
from catalog.partner.strategy import Selector
from microflight.core import page_cache
from tests.admin_forms import submit
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def gear(db: None) -> Category:
    return factories.category("Gear")


def track(tracked: bool, *types: ProductClass) -> None:
    """Change the product types as the admin does."""
    for each in types or ProductClass.objects.all():
        ProductClass.objects.filter(pk=each.pk).update(track_stock=tracked)
    page_cache.invalidate()


def titles(page: str) -> list[str]:
    """Return the titles of the cards of a page."""
    return re.findall(r'<h3 class="title"><a href="[^"]+">([^<]+)</a>', page)


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.parametrize("on_hand", [0, None, 3, 500])
@pytest.mark.parametrize("has_variants", [False, True])
def test_untracked_product_is_available_in_any_quantity(
    client: Client, gear: Category, on_hand: int | None, has_variants: bool
):
    # Mutation: Stock.of() without `tracked`: "Sold out" at 0, "Only 3 left" at 3
    if has_variants:
        made = factories.with_variants("Course", ["12.00"], into=gear)
    else:
        made = factories.product("Course", price="12.00", into=gear)
    StockRecord.objects.move(num_in_stock=on_hand)
    track(False)
    record = StockRecord.objects.select_related("product__parent").get()
    policy = Selector().strategy().fetch_for_product(record.product, record).availability
    assert [policy.is_purchase_permitted(n) for n in (1, 10_000)] == [(True, "")] * 2
    assert policy.shown == Availability("in", tracked=False)
    for url in (made.get_absolute_url(), gear.get_absolute_url(), "/"):
        page = page_of(client, url)
        assert '<span class="stock stock-in">Available</span>' in page, url
        assert "Sold out" not in page
    data = json.loads(
        re.search(
            r'<script type="application/ld\+json">(\{[^<]*"Product"[^<]*)</script>',
            page_of(client, made.get_absolute_url()),
        )[1]
    )
    (item,) = data.get("hasVariant", [data])
    assert [each["availability"] for each in item["offers"]] == ["https://schema.org/InStock"]


def test_in_stock_filter_keeps_untracked_products(client: Client, gear: Category):
    course = ProductClass.objects.create(name="Course", track_stock=False)
    factories.product("Here", stock=1, into=gear)
    factories.product("Gone", stock=0, into=gear)
    factories.with_variants("Sizes", ["1.00"], into=gear)
    online = factories.product("Online", stock=0, into=gear)
    unpriced = factories.product("Unpriced", price=None, into=gear)
    levels = factories.with_variants("Levels", ["5.00"], into=gear)
    Product.objects.filter(pk__in=[online.pk, unpriced.pk, levels.pk]).update(product_class=course)
    StockRecord.objects.filter(product__parent=levels).move(num_in_stock=0)
    page = page_of(client, f"{gear.get_absolute_url()}?in_stock=1&sort=name")
    assert titles(page) == ["Here", "Levels", "Online", "Sizes"]


def test_stock_of_unknown_level_is_sold_out_if_it_is_tracked(client: Client, gear: Category):
    # Mutation: LOW_STOCK compared the nullable column: this record was on no list
    made = factories.product("Mystery", into=gear)
    StockRecord.objects.move(num_in_stock=None)
    record = made.stockrecords.get()
    assert Stock.of(record, made).is_purchase_permitted(1) == (False, "Sold out.")
    assert '<span class="stock stock-out">Sold out</span>' in page_of(client, "/catalogue/")
    assert [StockRecord.objects.filter(each).count() for each in (AVAILABLE, LOW_STOCK)] == [0, 1]
    with pytest.raises(ledger.InsufficientStock) as error, transaction.atomic():
        ledger.reserve([(record.pk, 1, "Mystery")], reference="order:100014")
    assert (error.value.left, error.value.backorder) == (0, False)
    page = page_of(client, f"{gear.get_absolute_url()}?in_stock=1")
    assert titles(page) == []


def test_untracked_records_are_neither_low_nor_out(db: None):
    # Mutation: LOW_STOCK without TRACKED: the course was on the list of what to reorder
    factories.product("Rod", stock=0)
    factories.with_variants("Coil", ["1.00"])
    StockRecord.objects.move(num_in_stock=0)
    rows = StockRecord.objects
    for tracked, low in ((True, 2), (False, 0)):
        track(tracked)
        assert [rows.filter(each).count() for each in (LOW_STOCK, OUT_OF_STOCK)] == [low, low]
        assert rows.filter(AVAILABLE).count() == 2 - low
    assert [each.above_threshold for each in with_levels(rows).order_by(*BY_URGENCY)] == [None] * 2


def test_all_customers_are_notified_once_stock_is_no_longer_tracked(db: None):
    # Mutation: notify() read the stock level of an untracked product: no customer was notified
    moth = factories.product("Moth", stock=0, pictures=0)
    for place in range(3):
        services.subscribe(product=moth, email=f"w{place}@example.com", verified=True)
    assert services.notify_all() == 0
    track(False)
    assert services.notify_all() == 3
    emails = Message.objects.filter(email_type="back-in-stock").order_by("pk")
    assert [each.recipient for each in emails] == [f"w{n}@example.com" for n in range(3)]
    assert services.notify_all() == 0


def type_form(product_type: ProductClass, **changes: Any) -> dict[str, Any]:
    """Return the form data of a product type without attributes."""
    empty = {"attributes-TOTAL_FORMS": 0, "attributes-INITIAL_FORMS": 0}
    return {"name": product_type.name, "requires_shipping": "on", **empty, **changes}


def test_tracking_ends_only_when_no_backorder_waits_for_stock(staff: Client):
    # Mutation: clean_track_stock() removed: the two units could not be shipped any more
    made = factories.product("Moth", stock=1, pictures=0, stocked={"backorder": True})
    record = made.stockrecords.get()
    ledger.reserve([(record.pk, 3, "Moth")], reference="order:100014")
    url = reverse("admin:catalogue_productclass_change", args=[made.product_class_id])
    page = submit(staff, url, type_form(made.product_class)).content.decode()
    assert (
        "More is committed to orders than is on hand: MF-MOTH. Receive stock or cancel the items "
        "first."
    ) in page
    assert ProductClass.objects.get().track_stock
    ledger.receive(record.pk, 2, by=None)
    assert submit(staff, url, type_form(made.product_class)).status_code == 302
    assert not ProductClass.objects.get().track_stock


def test_admin_lists_show_what_is_not_tracked(staff: Client):
    # Mutation: available() without tracks_stock: 0, "out of stock"
    factories.product("Course", stock=0, pictures=0)
    track(False)
    levels = page_of(staff, reverse("admin:partner_stockrecord_changelist"))
    assert levels.count(">not tracked<") == 1
    assert "state-backordered" not in levels
    products = page_of(staff, reverse("admin:catalogue_product_changelist"))
    assert products.count(">not tracked<") == 1
    record = page_of(
        staff, reverse("admin:partner_stockrecord_change", args=[StockRecord.objects.get().pk])
    )
    assert "Not tracked: any quantity can be sold." in record
    for task in ("low", "out"):
        for name in ("partner_stockrecord", "catalogue_product"):
            found = page_of(staff, reverse(f"admin:{name}_changelist") + f"?stock={task}")
            assert "Course" not in found
