"""The build sheet page: results of a build, errors, sharing, adding to the cart."""

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from catalog.compatibility.models import Port
from catalog.models import Product
from checkout.basket.models import Line

pytestmark = pytest.mark.django_db

WREN = {
    "airframe": "MF-AP-WREN-RXR",
    "sku": ["MF-RX-4CH-MAG", "MF-BT-030-MAG", "MF-PR-46-08", "MF-TX-2400-4-M2", "MF-CH-USB1-MAG"],
    "x": ["60", "50", "0", "", ""],
    "n": ["1", "1", "1", "1", "1"],
}


def text_of(response):
    page = response.content.decode()
    main = page.partition('<main id="content"')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).replace("\xa0", " ").split())


def show(client, **query):
    response = client.get("/build/", query)
    assert response.status_code == 200
    return text_of(response)


def test_complete_build_has_weight_balance_loading_and_price(client):
    page = show(client, **WREN)
    # 3.9 + 0.71 + 1.43 + 0.16 g; transmitter and charger stay on the ground
    assert "Weight 6.2 g" in page
    # (3.9 * 101 + 0.71 * 60 + 1.43 * 50 + 0) / 6.2 = 81.9
    assert "81.9 mm behind the nose" in page
    assert "Recommended, estimated 66–75 mm" in page
    assert "Wing loading 3.6 g/dm²" in page  # 6.2 / 1.7
    assert "Price before tax $244.50" in page  # 79 + 59 + 9 + 3.5 + 78 + 16 = 244.5
    assert "Missing parts" not in page
    assert "Conflicts" not in page


def test_advice_moves_the_battery_and_then_the_build_is_balanced(client):
    page = show(client, **WREN)
    # (3.9 * 101 + 0.71 * 60 + 1.43 * 50) / 6.2 = 81.94; (75 - 81.94) * 6.2 / 1.43 = -30.07
    assert "Move the battery 31 mm forward." in page
    page = show(client, **WREN | {"x": ["60", "19", "0", "", ""]})
    assert "Move the battery" not in page
    assert "The centre of gravity is in the recommended range (an estimate)." in page


def test_advice_adds_ballast_where_no_part_can_move_far_enough(client):
    page = show(client, airframe="MF-AP-WREN-RXR", sku=["MF-BT-010-MAG"], x=["5"])
    # M = 4.46, CG = (393.9 + 2.8) / 4.46 = 88.9; 4.46 * (88.9 - 75) / 75 = 0.827
    assert "Add 0.83 g at the nose." in page


def test_conflicts_and_missing_parts_are_named(client):
    page = show(client, airframe="MF-AP-WREN-RXR", sku=["MF-RX-2CH", "MF-BT-2S150"])
    assert (
        "“LiPo pack 2S 150 mAh” would damage “Two-channel micro receiver”: "
        "7.4 V is more than 4.44 V."
    ) in page
    missing = page.partition("Missing parts")[2]
    assert "Receiver (3 channels)" in missing  # the receiver has two
    assert "Transmitter (2400 MHz, 2 channels)" in missing
    assert "Charger (2.0 mm plug, 5.92–8.88 V, at most 0.3 A) Balance charger for two cells" in (
        missing
    )


def test_current_of_the_loads_is_compared_with_the_battery(client):
    page = show(client, sku=["MF-BT-010-MAG", "MF-RX-4CH-MAG", "MF-MT-6X12-4"], n=["1", "1", "2"])
    # 2 * 3.7 V / 4.2 ohm = 1.76 A, 10 mAh * 10 C = 0.1 A
    assert (
        "Motors and actuators draw up to 1.76 A (estimate); the battery supplies at most 0.1 A."
    ) in page


def test_built_in_battery_is_not_missing(client):
    page = show(client, airframe="MF-AP-MAYFLY")
    assert "includes its built-in battery" in page
    missing = page.partition("Missing parts")[2]
    assert "Transmitter (2400 MHz" in missing
    assert "Battery (" not in missing


def test_airframe_among_the_parts_becomes_the_airframe(client):
    page = show(client, sku=["mfapmayfly", "MF-BT-020-MAG"])
    assert "Recommended, estimated 57–65 mm" in page
    assert "Weight 4.59 g" in page


def test_shared_link_is_the_same_sheet(client):
    response = client.get("/build/", WREN)
    link = re.search(r'id="build-link" readonly value="([^"]+)"', response.content.decode())[1]
    query = urlsplit(unescape(link)).query
    assert parse_qs(query)["sku"] == WREN["sku"]
    again = Client().get(f"/build/?{query}")
    assert "81.9 mm behind the nose" in text_of(again)


def test_all_of_it_goes_to_the_cart(client):
    page = client.get("/build/", WREN).content.decode()
    lines = re.findall(r'name="lines" value="([^"]+)"', page)
    assert lines[0] == "MF-AP-WREN-RXR 1"
    assert client.post("/quick-order/add/", {"lines": lines, "next": "/build/"}).status_code == 302
    added = sorted(Line.objects.values_list("product__upc", "quantity"))
    assert added == sorted((sku, 1) for sku in [WREN["airframe"], *WREN["sku"]])


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"sku": "MF-BT-050-MAG", "x": "1" + "0" * 30}, "Enter a position from −500 to 2000 mm."),
        ({"sku": "MF-BT-050-MAG", "x": "ten"}, "Enter a position in mm, such as 42."),
        ({"sku": "MF-BT-050-MAG", "x": "nan"}, "Enter a position in mm, such as 42."),
        ({"sku": "MF-BT-050-MAG", "x": "5", "n": "0"}, "Enter a quantity from 1 to 20."),
        ({"sku": "MF-BT-050-MAG", "x": "5", "n": "9" * 30}, "Enter a quantity from 1 to 20."),
        ({"sku": "NONE"}, "No product has the SKU “NONE”."),
        ({"sku": "مرحبا🚁"}, "No product has the SKU “مرحبا🚁”."),
        ({"sku": "MF\0BT"}, "No product has the SKU"),
        ({"sku": "x" * 3000}, "No product has the SKU “" + "x" * 64 + "”."),
    ],
)
def test_wrong_row_has_an_error_and_is_not_counted(client, row, error):
    page = show(client, airframe="MF-AP-WREN-RXR", **row)
    assert error in page
    assert "Some rows are not counted" in page
    assert "Weight 3.9 g" in page
    shown = client.get("/build/", {"airframe": "MF-AP-WREN-RXR", **row}).content.decode()
    assert 'aria-invalid="true"' in shown


def test_unknown_airframe_has_an_error(client):
    page = show(client, airframe="NONE\0", sku=["MF-BT-050-MAG"])
    assert "No product has the SKU “NONE”." in page
    assert "Weight 1.96 g" in page


def test_decimal_comma_is_a_position(client):
    page = client.get("/build/", {"sku": "MF-BT-050-MAG", "x": "12,5"}).content.decode()
    assert 'transform="translate(12.5 ' in page


def test_500_parts_are_rejected_in_bounded_time(client, django_assert_max_num_queries):
    client.get("/build/")
    query = {"airframe": "MF-AP-WREN-RXR", "sku": ["MF-BT-050-MAG"] * 500, "x": ["1"] * 400}
    start = time.monotonic()
    with django_assert_max_num_queries(15):
        response = client.get("/build/", query)
    assert response.status_code == 400
    assert "A build sheet has at most 30 parts" in text_of(response)
    assert time.monotonic() - start < 5


def test_query_count_does_not_grow_with_the_parts(client, django_assert_max_num_queries):
    client.get("/build/")
    with django_assert_max_num_queries(10):
        show(client, airframe="MF-AP-WREN-RXR", sku=["MF-BT-050-MAG"])
    skus = list(Port.objects.values_list("product__upc", flat=True).distinct()[:30])
    with django_assert_max_num_queries(10):
        show(client, airframe="MF-AP-WREN-RXR", sku=skus)


def test_hidden_product_is_unknown(client):
    Product.objects.filter(upc="MF-BT-050").update(is_public=False)
    page = show(client, sku=["MF-BT-050-MAG"])
    assert "No product has the SKU “MF-BT-050-MAG”." in page


def test_shipping_answer_is_of_the_chosen_destination(client):
    assert "Choose a destination to see what ships to you" in show(client, **WREN)
    client.post("/cart/destination/", {"country": "DE", "next": "/build/"})
    page = show(client, **WREN)
    assert "We can’t ship all of it to Germany." in page
    assert "Not shipped: LiPo cell 30 mAh with magnetic plug." in page
    page = show(client, airframe="MF-AP-WREN-RXR")
    assert "All of it ships to Germany from $" in page
