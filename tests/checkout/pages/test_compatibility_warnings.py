"""Warnings of the cart about parts that do not work together."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import read_model
from catalog.compatibility.models import CompatibilityEntry
from catalog.models import Product
from checkout.pages.cart.compatibility_warnings import compatibility_warnings
from tests.checkout.shopper import add_to_cart

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _seeded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_shop", no_images=True, stdout=StringIO())
        yield
        transaction.set_rollback(True)


class _Line:
    def __init__(self, sku):
        self.product = Product.objects.select_related("parent").get(upc=sku)
        self.product_id = self.product.pk


def warnings(*skus):
    return compatibility_warnings([_Line(sku) for sku in skus])


BURNS = (
    "“LiPo pack 2S 150 mAh” would damage “Two-channel micro receiver”: 7.4 V is more than 4.44 V."
)


def test_battery_that_would_burn_a_receiver_comes_first():
    assert warnings("MF-BT-2S150", "MF-RX-2CH") == [
        BURNS,
        "Nothing in this cart charges this cell: LiPo pack 2S 150 mAh.",
    ]


def test_cell_with_its_charger_and_receiver_needs_no_warning():
    assert warnings("MF-BT-020-MAG", "MF-CH-USB1-MAG", "MF-RX-4CH-MAG") == []
    assert warnings("MF-RX-2CH", "MF-XS-CASE") == []
    assert warnings() == []


def test_cells_without_a_charger_are_named_in_one_plural_warning():
    assert warnings("MF-BT-050-MAG", "MF-BT-070-MAG") == [
        "Nothing in this cart charges these cells: LiPo cell 50 mAh with magnetic plug; "
        "LiPo cell 70 mAh with magnetic plug."
    ]


def test_airplane_without_a_charger_is_named_by_its_battery():
    assert warnings("MF-AP-MAYFLY") == [
        "Nothing in this cart charges the battery of this item: Mayfly 3.6 g airplane."
    ]
    assert warnings("MF-AP-MAYFLY", "MF-CH-USB1-MAG") == []


def test_charger_in_a_kit_charges_its_cells_and_others():
    # Mutation: with the kit as one product, the cell has no charger.
    assert warnings("MF-SS-MAYFLY") == []
    assert warnings("MF-SS-MAYFLY", "MF-BT-010-MAG") == []


def test_charger_with_too_much_current_is_a_danger_and_no_charger():
    assert warnings("MF-CH-USB4", "MF-BT-020-MAG") == [
        "“USB charger for four cells” would damage “LiPo cell 20 mAh with magnetic plug”: "
        "0.15 A is more than 0.04 A.",
        "Nothing in this cart charges this cell: LiPo cell 20 mAh with magnetic plug.",
    ]


def test_cell_without_a_matching_connector():
    text = (
        "“LiPo cell 50 mAh with 1.25 mm plug” has no matching connector for "
        "“Four-channel micro receiver with magnetic battery plug”."
    )
    assert text in warnings("MF-BT-050-JST", "MF-RX-4CH-MAG")
    assert text not in warnings("MF-BT-050-JST", "MF-BT-050-MAG", "MF-RX-4CH-MAG")


def test_entry_of_staff_overrides_the_ports():
    pack, receiver = (Product.objects.get(upc=sku) for sku in ("MF-BT-2S150", "MF-RX-2CH"))
    entry = CompatibilityEntry.objects.create(product=receiver, relation="works", other=pack)
    read_model.refresh([receiver, pack])
    assert BURNS not in warnings("MF-BT-2S150", "MF-RX-2CH")
    entry.delete()
    read_model.refresh([receiver, pack])
    assert BURNS in warnings("MF-BT-2S150", "MF-RX-2CH")


def test_cart_page_warns_and_still_lets_you_check_out(client):
    for sku in ("MF-BT-2S150", "MF-RX-2CH"):
        add_to_cart(client, Product.objects.get(upc=sku))
    page = client.get("/cart/").content.decode()
    assert BURNS in page
    assert "You can order anyway." in page
    assert 'href="/checkout/"' in page


def test_warnings_take_no_query_whatever_the_cart_holds():
    for skus in (["MF-BT-2S150", "MF-RX-2CH"], ["MF-BT-020-MAG", "MF-BT-050-MAG", "MF-RX-2CH",
                 "MF-RX-6CH", "MF-MT-6X15", "MF-GB-5", "MF-PR-76", "MF-AC-HD"]):  # fmt: skip
        lines = [_Line(sku) for sku in skus]
        with CaptureQueriesContext(connection) as queries:
            compatibility_warnings(lines)
        assert len(queries) == 0


def test_components_of_a_kit_are_compared():
    # the set has a charger for magnetic plugs, and cells with them
    assert warnings("MF-SS-MAYFLY") == []
    assert warnings("MF-SS-MAYFLY", "MF-BT-050-MAG") == []
    assert BURNS in warnings("MF-SS-KIT", "MF-BT-2S150")
