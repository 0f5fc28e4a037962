"""Stock of a kit: the scarcest component limits it on cards, pages, lists and in the admin."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.mail.models import Message
from catalog import listing_index, read_model
from catalog.back_in_stock import services
from catalog.back_in_stock.models import BackInStockRequest
from catalog.cards import cards_of
from catalog.kits.models import KitComponent
from catalog.models import Product, ProductClass, ProductFacts
from catalog.partner import ledger
from catalog.partner.availability import Stock
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import AVAILABLE, LOW_STOCK, OUT_OF_STOCK
from catalog.product_sets import as_places
from tests.catalog import factories, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def plane(db: None) -> Product:
    return factories.product("Plane", price="149.00", stock=7, weight="3.6")


@pytest.fixture
def cell(db: None) -> Product:
    return factories.product(
        "Cell", price="9.50", stock=20, weight="0.99", facts={"battery": "loose"}
    )


@pytest.fixture
def starter(plane: Product, cell: Product) -> Product:
    """A plane and two cells, for 160.00 instead of 168.00."""
    return factories.kit("Starter set", [(plane, 1), (cell, 2)], price="160.00")


def record_of(product: Product) -> StockRecord:
    return product.stockrecords.get()


def stock_of(kit: Product) -> Stock:
    fresh = Product.objects.get(pk=kit.pk)
    return Stock.of(fresh.stockrecords.get(), fresh)


_PRICED = StockRecord.objects.filter(price__isnull=False)
_OWN = _PRICED.filter(product=OuterRef("pk"))
_OF_VARIANTS = _PRICED.filter(product__parent=OuterRef("pk"), product__is_public=True)
_ON_HAND = Q(num_in_stock__gt=Coalesce("num_allocated", 0))
_KIT_COMPLETE = Q(product__is_kit=True) & Q(GreaterThanOrEqual(available_kits("product_id"), 1))
#: A product or one of its variants is on hand, all components of a kit are, or its type has no
#: stock: what the index computes, in SQL.
IN_STOCK = (
    Q(Exists(_OWN.filter(_ON_HAND)))
    | Q(Exists(_OF_VARIANTS.filter(_ON_HAND | _KIT_COMPLETE)))
    | Q(is_kit=True) & Q(Exists(_OWN.filter(_KIT_COMPLETE)))
    | Q(is_kit=False, product_class__track_stock=False)
    & Q(Exists(_OWN) | Exists(_OF_VARIANTS.filter(product__is_kit=False)))
)


def in_stock() -> set[str]:
    """Return the titles in stock: of the index, and of the condition in SQL, which agree."""
    index = listing_index.current()
    places = as_places(index.column("in_stock").get(True, 0))
    titles = {index.listed[place].title for place in places}
    rows = Product.objects.browsable().filter(IN_STOCK).values_list("title", flat=True)
    assert titles == set(rows)
    return titles


@pytest.mark.parametrize(
    ("planes", "cells", "left", "status"),
    [(7, 20, 7, "in"), (7, 9, 4, "few"), (3, 20, 3, "few"), (7, 1, 0, "out"), (0, 20, 0, "out")],
)
def test_kit_has_the_stock_of_its_scarcest_component(
    starter: Product, plane: Product, cell: Product, planes: int, cells: int, left: int, status: str
):
    stock.put(planes, record_of(plane))
    stock.put(cells, record_of(cell))
    found = stock_of(starter)
    assert (found.available, found.status) == (left, status)
    assert found.is_purchase_permitted(left + 1)[0] is False
    (card,) = cards_of([starter.pk])
    assert card.stock == found.shown
    assert ("Starter set" in in_stock()) == (left > 0)
    records = StockRecord.objects.filter(product=starter)
    assert records.filter(AVAILABLE).exists() == (left > 0)
    assert not records.filter(LOW_STOCK | OUT_OF_STOCK).exists()


def test_committed_components_are_not_available(starter: Product, plane: Product):
    stock.commit(5, record_of(plane))
    assert stock_of(starter).available == 2


def test_backorder_is_limited_by_components_without_it(
    starter: Product, plane: Product, cell: Product
):
    day = date.today() + timedelta(days=9)
    stock.put(1, record_of(cell))
    StockRecord.objects.filter(product=cell).update(backorder=True, expected_on=day)
    found = stock_of(starter)
    assert (found.available, found.backorder, found.limit, found.expected_on) == (0, True, 7, day)
    assert found.is_purchase_permitted(7) == (True, "")
    assert found.is_purchase_permitted(8) == (False, "Only 7 left.")
    assert found.shown.status == "backorder"
    stock.put(0, record_of(plane))
    assert stock_of(starter).shown.status == "out"


def test_untracked_component_does_not_limit_the_kit(starter: Product, plane: Product):
    untracked = ProductClass.objects.create(name="Course", track_stock=False)
    Product.objects.filter(pk=plane.pk).update(product_class=untracked)
    stock.put(0, record_of(plane))
    assert stock_of(starter).available == 10
    assert cards_of([starter.pk])[0].stock.status == "in"
    assert "Starter set" in in_stock()


def test_kit_without_components_is_sold_out(starter: Product):
    KitComponent.objects.all().delete()
    assert stock_of(starter).shown.status == "out"
    assert cards_of([starter.pk])[0].stock.status == "out"
    assert "Starter set" not in in_stock()


def test_variants_may_be_kits(plane: Product, cell: Product):
    parent = factories.product("Set", price=None, structure=Product.PARENT)
    one = factories.kit("Set mode 1", [(plane, 1), (cell, 1)], price="155.00", parent=parent)
    assert cards_of([parent.pk])[0].stock.status == "in"
    assert "Set" in in_stock()
    parent.refresh_from_db()
    assert (one.weight_g, parent.weight_g) == (Decimal("4.59"), Decimal("4.59"))
    stock.put(0, record_of(cell))
    assert cards_of([parent.pk])[0].stock.status == "out"
    assert "Set" not in in_stock()


@pytest.mark.parametrize("change", ["receive", "count", "adjust"])
def test_ledger_rejects_stock_of_a_kit(starter: Product, change: str):
    record = record_of(starter)
    calls: dict[str, Any] = {
        "receive": lambda: ledger.receive(record.pk, 1, by=None),
        "count": lambda: ledger.count(record.pk, 1, seen=0, by=None),
        "adjust": lambda: ledger.adjust(record.pk, 1, by=None, reason="found"),
    }
    with pytest.raises(ledger.StockError, match="receive, count or adjust its components"):
        calls[change]()
    assert stock.levels(record) == (0, 0)


def test_back_in_stock_notifies_as_many_as_complete_kits(starter: Product, cell: Product):
    stock.put(1, record_of(cell))
    for number in range(3):
        BackInStockRequest.objects.create(
            product=starter, email=f"w{number}@example.com", state="requested"
        )
    assert services.notify_all() == 0
    stock.put(5, record_of(cell))
    assert services.notify_all() == 2
    assert Message.objects.filter(email_type="back-in-stock").count() == 2


# --- What a kit inherits -------------------------------------------------------------------------


def test_kit_weighs_as_much_as_its_components(starter: Product, cell: Product):
    assert starter.weight_g == Decimal("5.58")
    Product.objects.filter(pk=cell.pk).update(weight_g="2.00")
    read_model.refresh([cell])
    starter.refresh_from_db()
    assert starter.weight_g == Decimal("7.60")
    assert read_model.card_of(starter.pk, starter.card).weight == "7.6"


def test_kit_with_a_loose_battery_is_described_as_one(starter: Product):
    details = read_model.details_of(starter.pk, starter.details)
    battery = (details.battery, details.battery_count, details.battery_cells, details.battery_wh)
    assert battery == ("loose", 2, 1, Decimal("0.074"))


def test_kit_with_an_unknown_battery_is_unknown(starter: Product, cell: Product, plane: Product):
    ProductFacts.objects.filter(product=cell).update(battery="in-equipment")
    ProductFacts.objects.filter(product=plane).update(battery="")
    read_model.refresh([plane])
    starter.refresh_from_db()
    assert read_model.details_of(starter.pk, starter.details).battery == ""


# --- The product page ----------------------------------------------------------------------------


def page_of(product: Product) -> str:
    return Client().get(product.get_absolute_url()).content.decode()


def test_page_shows_components_and_saving(starter: Product, cell: Product):
    page = page_of(starter)
    assert "Bought separately $168.00, <strong>you save $8.00</strong>" in page
    assert f'<li>2 × <a href="{cell.get_absolute_url()}">Cell</a></li>' in page
    assert "This is a loose lithium battery" in page


def test_page_shows_no_saving_of_a_kit_that_costs_as_much(starter: Product):
    StockRecord.objects.filter(product=starter).update(price="168.00")
    assert "Bought separately" not in page_of(starter)


def test_component_that_is_not_public_has_no_link_and_no_saving(starter: Product, cell: Product):
    Product.objects.filter(pk=cell.pk).update(is_public=False)
    page = page_of(starter)
    assert "<li>2 × Cell</li>" in page
    assert "Bought separately" not in page


def test_page_of_a_kit_takes_one_more_query(
    starter: Product, plane: Product, django_assert_num_queries: Any
):
    page_of(plane)  # the menu and the external offers are cached for a minute
    other = factories.product("Other")
    with CaptureQueriesContext(connection) as plain:
        page_of(other)
    with django_assert_num_queries(len(plain) + 1):
        page_of(starter)
