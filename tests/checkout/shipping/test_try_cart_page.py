"""The admin page “Try a cart”: services with prices and dates, refusals, and bad input."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts.users.models import User
from catalog.away.models import AwayRule
from catalog.models import Product
from checkout.shipping.landed_cost import ImportCharge
from checkout.shipping.models import ShippingRule
from microflight.core.money import rounded
from policies.opening.models import AwayPeriod

URL = reverse("admin:try_cart")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    """Monday 30 November 2026, 10:00 in Saskatoon."""
    with time_machine.travel("2026-11-30 16:00:00+00:00", tick=False):
        yield


@pytest.fixture(autouse=True)
def cell(product: Any) -> Product:
    facts = {"battery_count": 1, "battery_cells": 1, "battery_wh": "0.185"}
    made = product("LiPo cell", price="9.00", weight="1.40", battery="loose", facts=facts)
    made.stockrecords.update(partner_sku="BT-050")
    return made


@pytest.fixture(autouse=True)
def rod(product: Any) -> Product:
    made = product("Carbon rod", price="3.00", weight="0.30", facts={"hs6": ""})
    made.stockrecords.update(partner_sku="RD-1")
    return made


def ask(client: Client, products: str = "RD-1", **query: str) -> Any:
    response = client.get(URL, {"country": "CA", "products": products, **query})
    assert response.status_code == 200
    return response


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def errors(response: Any) -> dict[str, list[str]]:
    assert "cart" not in response.context  # no answer to bad input
    return dict(response.context["form"].errors)


def test_form_opens_without_an_answer_or_errors(staff: Client):
    response = staff.get(URL)
    assert response.status_code == 200
    assert "errornote" not in text_of(response)
    assert "Try this cart" in text_of(response)


def test_service_has_price_parcels_and_arrival(staff: Client):
    """Monday 7 December: ships by Wednesday 9, arrives after 3 to 7 business days."""
    # Mutation: with `now=None`, it arrived a week too early.
    response = ask(staff, "BT-050=2\nrd-1", province="sask", postcode="s7k1a1", on=day(7))
    services = {each["method"].code: each for each in response.context["services"]}
    assert list(services) == ["ca-letter", "ca-parcel", "ca-regular", "pickup"]
    parcel = services["ca-parcel"]
    assert parcel["method"].charge == Decimal("11.50")
    assert dict(parcel["method"].parcels[0].contents) == {"BT-050": 2, "RD-1": 1}
    assert str(parcel["arrival"]) == "arrives between Thu 10 and Fri 18 December"
    assert services["pickup"]["arrival"] is None
    page = text_of(response)
    assert "Arrives between Thu 10 and Fri 18 December" in page
    assert "2 × BT-050, 1 × RD-1" in page or "1 × RD-1, 2 × BT-050" in page


def day(number: int) -> str:
    return date(2026, 12, number).isoformat()


def test_refusal_shows_rule_reason_source_date_help_and_closest_cart(staff: Client):
    response = ask(staff, "BT-050=2\nRD-1", country="BR")
    page = text_of(response)
    rule = ShippingRule.objects.get(code="lithium-abroad")
    link = reverse("admin:shipping_shippingrule_change", args=[rule.pk])
    assert f'<a href="{link}">lithium-abroad</a>' in page
    assert escape(rule.reason) in page
    assert "29 Nov 2026" in page
    assert "Remove 2 × LiPo cell." in page
    assert [(each.reference, each.quantity) for each in response.context["closest"]] == [
        ("RD-1", 1)
    ]


def test_missing_fact_links_to_the_product(staff: Client, rod: Product):
    # Mutation: with `missing_facts` empty, the page had no link.
    page = text_of(ask(staff, country="DE"))
    link = reverse("admin:catalogue_product_change", args=[rod.pk])
    assert f'Missing: HS code, <a href="{link}">Carbon rod</a>' in page


def test_unconfirmed_rule_is_marked(staff: Client):
    ShippingRule.objects.filter(code="lithium-abroad").update(confirmed=False)
    assert "unconfirmed" in text_of(ask(staff, "BT-050", country="BR"))
    ShippingRule.objects.update(confirmed=True)
    assert "unconfirmed" not in text_of(ask(staff, "BT-050", country="BR"))


def test_day_decides_on_a_suspension(staff: Client):
    ShippingRule.objects.create(
        code="strike", type="suspended", reason="Strike.", starts_on=day(1), ends_on=day(10),
        source="test", source_date=day(1), check_again_on=day(31),
    )  # fmt: skip
    page = text_of(ask(staff, on=day(10)))
    assert "Available again from December 11, 2026." in page
    assert "Lettermail, available again from December 11, 2026: arrives between" in page
    assert "Strike." not in text_of(ask(staff, on=day(11)))


def test_backorder_that_arrives_before_a_later_day_does_not_delay(staff: Client, rod: Product):
    rod.stockrecords.update(backorder=True, expected_on=date(2027, 2, 1))
    assert "On backorder" in text_of(ask(staff, "RD-1=11", on="2027-02-01"))
    page = text_of(ask(staff, "RD-1=11", on="2027-02-02"))
    assert "On backorder" not in page
    assert "February 2027" in page
    rod.stockrecords.update(expected_on=date(2026, 11, 29))  # overdue: nothing is known
    assert "On backorder, no date known yet" in text_of(ask(staff, "RD-1=11", on="2027-02-02"))


def test_import_charges_are_those_of_checkout(staff: Client, rod: Product):
    ImportCharge.objects.all().delete()
    source = {"source": "test", "source_date": day(1), "check_again_on": day(31)}
    ImportCharge.objects.create(
        name="Duty", type="duty-percent", places="NO", low=5, high=10, starts_on=day(1), **source
    )
    ImportCharge.objects.create(
        name="VAT", type="tax-percent", places="NO", low=25, high=25, starts_on=day(1),
        confirmed=True, **source,
    )  # fmt: skip
    response = ask(staff, "RD-1=10", country="NO", on=day(2))
    for each in response.context["services"]:
        found, charge = each["landed_cost"], each["method"].charge
        if each["method"].pickup:
            assert found is None
            continue
        low, high = (Decimal("0.25") * (30 + charge + duty) for duty in (Decimal("1.5"), 3))
        assert [(one.name, one.low, one.high) for one in found.charges] == [
            ("Duty", Decimal("1.50"), Decimal("3.00")), ("VAT", rounded(low), rounded(high)),
        ]  # fmt: skip
    assert "Duty: $1.50–$3.00 (unconfirmed)" in text_of(response)
    assert all(each["landed_cost"] is None for each in ask(staff, country="CA").context["services"])


def test_backordered_line_shows_its_date_and_sold_out_is_marked(staff: Client, rod: Product):
    """Eleven of ten in stock; expected on Monday 1 February: by Lettermail from Friday 5."""
    rod.stockrecords.update(backorder=True, expected_on=date(2027, 2, 1))
    page = text_of(ask(staff, "RD-1=11\nBT-050"))
    assert "Carbon rod: On backorder, arrives between Fri 5 and Tue 16 February 2027" in page
    rod.stockrecords.update(backorder=False)
    assert "not in stock in this quantity" in text_of(ask(staff, "RD-1=11"))
    assert "not in stock in this quantity" not in text_of(ask(staff, "RD-1=10"))


def test_away_period_of_the_chosen_day_delays_and_blocks(staff: Client, cell: Product):
    """Reopens on Monday 11 January, ships by Wednesday 13; Expedited Parcel takes 3 to 7 days."""
    AwayPeriod.objects.create(starts_on=day(14), reopens_on=date(2027, 1, 11), text="Away.")
    AwayRule.objects.create(product=cell, handling="block")
    page = text_of(ask(staff, "RD-1\nBT-050", on=day(15)))
    wait = "Carbon rod: Waits until we reopen, arrives between"
    assert f"{wait} Thu 14 and Fri 22 January 2027" in page
    assert "LiPo cell: Cannot be ordered while we are away" in page
    assert wait not in text_of(ask(staff, "RD-1\nBT-050", on=day(7)))


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"country": "XX"}, "country", "Select a valid choice"),
        ({"country": "\0"}, "country", "Select a valid choice"),
        ({"province": "Bavaria"}, "province", "Enter a Canadian province"),
        ({"province": "\0"}, "province", "Null characters"),
        ({"province": "SK", "postcode": "H2X 1Y4"}, "postcode", "H2X 1Y4 is not in Saskatchewan"),
        ({"postcode": "12345"}, "postcode", "Enter a Canadian postal code"),
        ({"postcode": "\0"}, "postcode", "Null characters"),
        ({"on": "soon"}, "on", "Enter a valid date"),
        ({"on": "2020-01-01"}, "on", "Enter today or a day within"),
        ({"on": "9999-12-31"}, "on", "Enter today or a day within"),
        ({"products": ""}, "products", "required"),
        ({"products": "\0"}, "products", "Null characters"),
        ({"products": "RD-1=0"}, "products", "from 1 to 500"),
        ({"products": "RD-1=" + "9" * 1500}, "products", "from 1 to 500"),
        ({"products": "RD-1=300\nrd-1 300"}, "products", "at most 500 items"),
        ({"products": "RD-1 two"}, "products", "write SKU=QUANTITY"),
        ({"products": "=2"}, "products", "write SKU=QUANTITY"),
        ({"products": "NO-SUCH"}, "products", "No product with a price has the SKU “NO-SUCH”"),
        ({"products": "RD-1\n" * 60}, "products", "at most 50 lines"),
        ({"products": "R" * 2001}, "products", "at most 2000 characters"),
    ],
)
def test_bad_input_gets_a_message_at_its_field(
    query: dict[str, str], field: str, message: str, staff: Client
):
    found = errors(ask(staff, **query))
    assert list(found) == [field]
    assert message in " ".join(found[field])


def test_all_wrong_lines_are_listed(staff: Client):
    found = errors(ask(staff, "RD-1=x\nNO-1\nNO-2"))
    assert len(found["products"]) == 3


def test_parent_sku_lists_its_variants(staff: Client, product: Any, rod: Product):
    parent = product("Motor")
    parent.stockrecords.all().delete()
    Product.objects.filter(pk=parent.pk).update(upc="MT", structure="parent")
    child = product("Motor red")
    Product.objects.filter(pk=child.pk).update(parent=parent, structure="child", upc="MT-R")
    child.stockrecords.update(partner_sku="MT-R")
    # Mutation: without the variants, the message was "No product with a price has the SKU".
    assert errors(ask(staff, "mt"))["products"] == ["MT has options: choose MT-R."]
    assert "Motor" in text_of(ask(staff, "MT-R"))


def test_services_refused_for_the_same_reasons_share_a_heading(staff: Client):
    (refusal,) = ask(staff, "BT-050", country="BR").context["refused"]
    assert refusal["names"][:2] == ["Small Packet International, air", "International Parcel, air"]
    assert len(refusal["names"]) == 6


def test_only_staff_who_view_shipping_methods_may_open_it(client: Client, alice: User):
    assert client.get(URL).status_code == 302
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(URL).status_code == 403
    assert "Try a cart" not in text_of(client.get(reverse("admin:index")))
    alice.user_permissions.add(Permission.objects.get(codename="view_shippingmethod"))
    assert "Try a cart" in text_of(client.get(reverse("admin:index")))
    page = text_of(ask(client, country="DE"))
    assert "Missing: HS code, Carbon rod" in page  # no link: they may not open products


def test_ten_lines_run_as_many_queries_as_one(staff: Client, product: Any):
    for number in range(9):
        product(f"Rod {number}").stockrecords.update(partner_sku=f"R-{number}")
    ask(staff)
    counts = []
    for products in ("RD-1", "RD-1\n" + "\n".join(f"R-{number}" for number in range(9))):
        with CaptureQueriesContext(connection) as queries:
            ask(staff, products, country="DE")
        counts.append(len(queries))
    # session, user; countries, country, stock; engine 3 (facts are loaded); pickup, calendars,
    # import charges, promotions 2
    assert counts == [13, 13]
