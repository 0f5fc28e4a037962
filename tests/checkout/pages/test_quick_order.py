"""Quick order: lists of SKUs and quantities as people type them."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from checkout.basket.models import Basket, Line
from checkout.pages.quick_order.sku_lines import Reading, read_lines, readings
from tests.catalog import factories, stock
from tests.checkout.shopper import text

pytestmark = pytest.mark.django_db
PAGE, ADD = "/quick-order/", "/quick-order/add/"


@pytest.fixture
def motor() -> Product:
    return factories.product("Motor 4 mm", sku="MF-MT-4X8", price="14.50", stock=5)


def lines_in_cart() -> list[tuple[str, int]]:
    rows = Line.objects.order_by("pk").values_list("stockrecord__partner_sku", "quantity")
    return list(rows)


def left(client: Client) -> str:
    """Return what the form of the quick order page holds."""
    return text(client.get(PAGE)).partition("</textarea>")[0].rpartition(">")[2].strip()


@pytest.mark.parametrize(
    ("typed", "quantity"),
    [
        ("MF-MT-4X8", 1),
        ("mf-mt-4x8 3", 3),
        ("MFMT4X8 3", 3),
        ("MF MT 4X8\t3", 3),
        ("MF-MT-4X8\tx3", 3),
        ("MF-MT-4X8, 3", 3),
        ("MF-MT-4X8,3", 3),
        ("MF-MT-4X8;3;", 3),
        ("MF-MT-4X8 x3", 3),
        ("MF-MT-4X8 X 3", 3),
        ("MF-MT-4X8x3", 3),
        ("MF-MT-4X8 \N{MULTIPLICATION SIGN} 3", 3),
        ("3 x MF-MT-4X8", 3),
        ("3x mf-mt-4x8", 3),
        ("ＭＦ－ＭＴ－４Ｘ８ ３", 3),
        ("MF\N{EN DASH}MT\N{EN DASH}4X8 3", 3),
    ],
)
def test_line_is_understood_as_people_type_it(motor: Product, typed: str, quantity: int) -> None:
    (line,) = read_lines(f"\n {typed} \n\n")
    assert (line.error, line.quantity) == ("", quantity)
    assert line.record.product == motor
    assert line.total == Decimal("14.50") * quantity


@pytest.mark.parametrize("typed", ["AB 12-C", "ab 12-c 1", "AB12C", "AB-12-C, 1"])
def test_sku_with_a_space_is_found_however_it_is_typed(typed: str) -> None:
    gear = factories.product("Landing gear", sku="AB 12-C", price="3.00", stock=5)
    (line,) = read_lines(typed)
    assert (line.error, line.quantity) == ("", 1)
    assert line.record.product == gear


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("MF-MT-4X9 2", "We have no product with this SKU."),
        ("MF-MT-4X8 3,6", "Quantity: Enter a whole number, such as 1."),
        ("MF-MT-4X8, 3.6", "Quantity: Enter a whole number, such as 1."),
        ("MF-MT-4X8, three", "Quantity: Enter a whole number, such as 1."),
        ("MF-MT-4X8 0", "Quantity: Enter a whole number, such as 1."),
        ("MF-MT-4X8 -2", "Quantity: Enter a whole number, such as 1."),
        ("MF-MT-4X8 99999999999999999999", "Quantity: A cart holds at most 500 items."),
        ("MF-MT-4X8, 3, Motor", "We have no product with this SKU."),
        ("\N{ARABIC LETTER ALEF}\N{RIGHT-TO-LEFT OVERRIDE} \N{ROCKET} 4", "We have no product"),
        ("1 " * 5_000, "We have no product with this SKU."),
        (", " * 50, "We have no product with this SKU."),
    ],
)
def test_line_that_is_not_understood_says_why(motor: Product, typed: str, error: str) -> None:
    (line,) = read_lines(typed)
    assert line.error.startswith(error)
    assert line.quantity == 0


def test_readings_prefer_the_quantity_at_the_end() -> None:
    assert readings("MF-MT-4X8 16")[:2] == (Reading("MF-MT-4X8", "16"), Reading("MF-MT-4X8 16", ""))
    assert readings("MF-1, 3") == (Reading("MF-1", "3"),)


def test_sku_with_a_number_after_a_space_is_found(motor: Product) -> None:
    factories.product("Motor with 16 ohm", sku="MF-MT-6X8-16")
    (line,) = read_lines("mf mt 6x8 16")
    assert (line.record.partner_sku, line.quantity) == ("MF-MT-6X8-16", 1)


def test_product_with_variants_asks_for_an_option() -> None:
    factories.with_variants("Propeller", ["2.00", "3.00"], sku="MF-PR-1")
    (line,) = read_lines("MF-PR-1 2")
    assert line.error == "Propeller: choose an option first."


def test_hidden_products_and_variants_of_hidden_products_are_not_found() -> None:
    hidden = factories.with_variants("Propeller", ["2.00"], sku="MF-PR-1")
    Product.objects.filter(pk=hidden.pk).update(is_public=False)
    factories.product("Secret", sku="MF-SECRET", is_public=False)
    lines = read_lines("MF-PR-1\nMF-PROPELLER-SIZE-1\nMF-SECRET")
    assert [line.error for line in lines] == ["We have no product with this SKU."] * 3


def test_skus_that_differ_in_dashes_only_are_not_guessed() -> None:
    factories.product("One", sku="MF-1-23")
    factories.product("Two", sku="MF-12-3")
    (line,) = read_lines("MF123")
    assert line.error == "Several products match: MF-1-23, MF-12-3."


def test_sku_of_the_stock_record_is_found(motor: Product) -> None:
    motor.stockrecords.update(partner_sku="PL-77")
    assert [line.quantity for line in read_lines("PL77 2\nMF-MT-4X8 3")] == [2, 3]


def test_list_takes_the_same_queries_for_one_and_many_lines(
    motor: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(9):
        factories.product(f"Rod {n}", sku=f"MF-CR-{n}")
    for text_of_list in ("MF-CR-0", "\n".join(f"MF-CR-{n} {n + 1}" for n in range(9))):
        with django_assert_num_queries(4):
            assert not any(line.error for line in read_lines(text_of_list))


def test_check_shows_price_and_stock_and_adds_nothing(client: Client, motor: Product) -> None:
    response = client.post(PAGE, {"lines": "mf-mt-4x8 2\nMF-NONE 1"})
    page = text(response)
    assert response.status_code == 200
    assert "Only 5 left" in page
    assert "$29.00" in page
    assert "We have no product with this SKU." in page
    assert "mf-mt-4x8 2\nMF-NONE 1" in page
    assert not Basket.objects.exists()
    assert "no-store" in response["Cache-Control"]


def test_check_counts_earlier_lines_and_the_cart(client: Client, motor: Product) -> None:
    client.post(ADD, {"lines": "MF-MT-4X8 2"})
    page = text(client.post(PAGE, {"lines": "MF-MT-4X8 2\nMF-MT-4X8 2"}))
    assert page.count("Only 5 left. You have 4 in your cart.") == 1
    assert lines_in_cart() == [("MF-MT-4X8", 2)]


def test_good_lines_are_added_and_the_others_stay_in_the_form(
    client: Client, motor: Product
) -> None:
    factories.product("Rod", sku="MF-CR-1", price="2.00")
    response = client.post(ADD, {"lines": "MF-MT-4X8 9\nMF-CR-1 3\n<MF-NONE> 1"})
    assert (response.status_code, response.url) == (302, PAGE)
    assert lines_in_cart() == [("MF-CR-1", 3)]
    basket = Basket.objects.get()
    assert (basket.item_count, basket.total) == (3, Decimal("6.00"))
    page = text(client.get(PAGE))
    assert "Added 3 items to your cart." in page
    assert "2 lines were not added. See below why." in page
    assert "Only 5 left." in page
    assert left(client) == escape("MF-MT-4X8 9\n<MF-NONE> 1")


def test_list_without_errors_goes_to_the_cart(client: Client, motor: Product) -> None:
    client.post(ADD, {"lines": "MF-NONE"})
    response = client.post(ADD, {"lines": "MF-MT-4X8 2\nMF-MT-4X8", "next": "/catalogue/?page=2"})
    assert response.url == "/cart/?from=%2Fcatalogue%2F%3Fpage%3D2"
    assert lines_in_cart() == [("MF-MT-4X8", 3)]
    assert left(client) == ""


def test_other_pages_post_repeated_lines_and_products(client: Client, motor: Product) -> None:
    rod = factories.product("Rod", sku="MF-CR-1")
    parent = factories.with_variants("Propeller", ["2.00", "3.00"], sku="MF-PR-1")
    fields = {"lines": ["MF-MT-4X8 2", "MF-CR-1"], "product": [rod.pk, parent.pk, "x", "9" * 30]}
    assert client.post(ADD, fields).url == PAGE
    assert lines_in_cart() == [("MF-MT-4X8", 2), ("MF-CR-1", 2)]
    assert left(client) == "MF-PR-1"
    assert "Propeller: choose an option first." in text(client.get(PAGE))


def test_cart_is_never_filled_beyond_its_limit(client: Client) -> None:
    factories.product("Rod", sku="MF-CR-1", stock=900)
    factories.product("Tape", sku="MF-TP-1", stock=900)
    client.post(ADD, {"lines": "MF-CR-1 400\nMF-TP-1 101\nMF-TP-1 100"})
    assert lines_in_cart() == [("MF-CR-1", 400), ("MF-TP-1", 100)]
    assert left(client) == "MF-TP-1 101"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter at least one SKU."),
        (" \n\t", "Enter at least one SKU."),
        (
            "MF-MT-4X8\n" * 101,
            "This list is too long: at most 100.",
        ),
        ("M" * 10_001, "Ensure this value has at most 10000 characters (it has 10001)."),
        ("MF-MT-4X8\x00 1", "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("path", [PAGE, ADD])
def test_list_beyond_the_limits_is_rejected_and_kept(
    client: Client, motor: Product, path: str, typed: str, error: str
) -> None:
    response = client.post(path, {"lines": typed})
    assert response.status_code == 422
    page = text(response)
    assert error in page
    assert typed.strip().replace("\x00", "") in page.replace("\x00", "")
    assert not Basket.objects.exists()


def test_committed_stock_is_not_added(client: Client, motor: Product) -> None:
    stock.commit(4)
    client.post(ADD, {"lines": "MF-MT-4X8 2"})
    assert lines_in_cart() == []
    assert "Only 1 left." in text(client.get(PAGE))
