"""The engine: what it answers, what would help, its queries, and what checkout does with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from oscar.apps.address.models import Country

from checkout.order import errors
from checkout.order.models import Order
from checkout.placement.quote import make_quote
from checkout.placement.services import place_order
from checkout.shipping.destination import Destination
from checkout.shipping.engine import answer, items_from
from checkout.shipping.models import ShippingMethod, ShippingRule
from tests.checkout.shipping.carts import DAY, ask, item, offered, refusal
from tests.sourced import SOURCED

CELL = {"battery": "loose", "battery_count": 1, "battery_cells": 1, "battery_wh": Decimal("0.185")}


def add_rule(type_: str, **fields: Any) -> ShippingRule:
    return ShippingRule.objects.create(
        **{"code": "new", "type": type_, "reason": "Because.", **SOURCED, **fields}
    )


@pytest.fixture(autouse=True)
def _shop(shop: None) -> None:
    """Zones, methods, rates, cartons and rules."""


def test_refusal_names_rule_source_date_and_products():
    found = ask(item("Cell", 2, **CELL), item("Rod"), to=("DE",))
    assert offered(found) == []
    refused = refusal(found, "world-parcel")
    assert refused.rule.code == "lithium-abroad"
    assert refused.reason.startswith("Canada Post carries lithium batteries within Canada")
    (cause,) = refused.causes
    assert (cause.titles, cause.source_date, cause.confirmed) == (
        ("Cell",), date(2026, 11, 29), True,
    )  # fmt: skip


def test_help_and_closest_cart_leave_out_what_is_refused():
    found = ask(item("Cell", 2, **CELL), item("Rod", 3), to=("DE",))
    texts = [each.text for each in refusal(found, "world-parcel").help]
    assert texts == ["Remove 2 × Cell.", "Choose pickup."]
    assert [(each.title, each.quantity) for each in found.closest] == [("Rod", 3)]


def test_nothing_helps_a_closed_destination():
    """Pickup least of all: the shopper can hardly come."""
    found = ask(item("Rod"), to=("KP",))
    assert (offered(found), found.closest, found.help) == ([], (), [])
    assert {each.rule and each.rule.code for each in found.causes} == {"closed-kp"}


def test_other_service_and_separate_order_help_in_canada():
    found = ask(item("Cell", **CELL), item("Rod"))
    assert offered(found) == ["ca-letter", "ca-parcel", "ca-regular"]
    assert [each.text for each in refusal(found, "ca-express").help] == [
        "Order 1 × Cell separately, by Lettermail.",
        "Remove 1 × Cell.",
        "Choose Lettermail.",
        "Choose Expedited Parcel.",
        "Choose Regular Parcel.",
        "Choose pickup.",
    ]


# Mutation: without `active=True`, pickup was offered while it was turned off.
def test_pickup_helps_only_while_it_is_active(django_assert_num_queries: Any):
    cell = item("Cell", **CELL)
    ShippingMethod.objects.filter(pickup=True).update(active=False)
    assert ask(cell, to=("DE",)).help == []
    ShippingMethod.objects.filter(pickup=True).update(active=True)
    with django_assert_num_queries(4):
        assert [each.text for each in ask(cell, to=("DE",)).help] == ["Choose pickup."]


def test_pickup_helps_a_shop_without_rules():
    ShippingRule.objects.all().delete()
    anvil = item("Anvil", weight="31000")
    assert [each.text for each in ask(anvil).help] == ["Choose pickup."]
    ShippingMethod.objects.filter(pickup=True).delete()
    assert ask(anvil).help == []


def test_unknown_fact_is_named():
    found = ask(item("Rod", hs6=""), to=("DE",))
    (cause,) = refusal(found, "world-parcel").causes
    assert (cause.rule.code, cause.missing, cause.missing_facts) == (
        "customs-eu", ("hs6",), ("HS code",),
    )  # fmt: skip
    assert [each.text for each in found.help] == [
        "Choose pickup.", "Write to us: we don’t know the HS code of Rod yet.",
    ]  # fmt: skip


@pytest.mark.promise("battery-rules")
def test_nine_cells_go_to_the_us_in_two_parcels_by_surface():
    """At most 8 cells in each; packets are single parcels, and not for loose cells anyway."""
    found = ask(item("Cell", 9, weight="1.4", **CELL), to=("US", "NY"))
    assert offered(found) == ["us-parcel"]
    (service,) = found.services
    assert sorted(quantity for each in service.parcels for _, quantity in each.contents) == [1, 8]
    assert service.charge == Decimal("35.80")  # 2 x 17.90


def test_mixed_cells_and_batteries_share_the_limit_of_a_parcel():
    """4 cells are half of 8, 1 battery is half of 2; one cell more needs a second parcel."""
    battery = {**CELL, "battery_cells": 2}
    full = ask(item("Cell", 4, **CELL), item("Battery", 1, **battery), to=("US",))
    more = ask(item("Cell", 5, **CELL), item("Battery", 1, **battery), to=("US",))
    assert [len(each.services[0].parcels) for each in (full, more)] == [1, 2]


def test_cart_over_the_limit_of_parcels_can_be_split():
    """Five parcels of 8 cells: 40 fit, one is left over."""
    found = ask(item("Cell", 41, weight="1.4", **CELL), item("Rod"), to=("US",))
    assert offered(found) == []
    refused = refusal(found, "us-parcel")
    assert refused.rule.code == "lithium-us-count"
    assert [each.text for each in refused.help] == [
        "Order 1 × Cell separately, by Expedited Parcel USA.", "Remove 1 × Cell.",
        "Choose pickup.",
    ]  # fmt: skip
    assert [(each.title, each.quantity) for each in found.closest] == [("Rod", 1), ("Cell", 40)]


def test_heavy_cart_is_refused_without_a_rule():
    found = ask(item("Anvil", weight="31000"))
    assert offered(found) == []
    assert {(each.rule, each.reason) for each in found.causes} == {
        (None, "It is too heavy or too large for this service.")
    }


def test_suspended_carrier_ships_again_after_its_last_day():
    add_rule("suspended", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 10))
    assert offered(ask(item("Rod"), on=date(2026, 11, 30)))
    found = ask(item("Rod"), on=date(2026, 12, 1))
    assert offered(found) == []
    assert [each.text for each in found.help] == [
        "Choose pickup.", "Available again from December 11, 2026.",
    ]  # fmt: skip
    again = offered(ask(item("Rod"), on=date(2026, 12, 11)))
    assert again
    assert [each.service.code for each in found.waiting] == again
    assert {each.available_from for each in found.waiting} == {date(2026, 12, 11)}


def test_waiting_helps_only_what_nothing_else_refuses():
    add_rule("suspended", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 10))
    add_rule("suspended", code="next", starts_on=date(2026, 12, 11), ends_on=date(2026, 12, 12))
    day = date(2026, 12, 10)
    assert ask(item("Cell", **CELL), to=("DE",), on=day).waiting == []
    found = ask(item("Rod"), on=day)
    assert found.waiting == []  # the next suspension follows at once
    ShippingRule.objects.filter(code="next").update(starts_on=day)
    found = ask(item("Rod"), on=day)
    assert {each.available_from for each in found.waiting} == {date(2026, 12, 13)}
    ShippingRule.objects.filter(code="new").update(ends_on=None)
    assert ask(item("Rod"), on=day).waiting == []


def test_limits_on_parcels_divide_the_order():
    add_rule("value", maximum=100)
    (parcel,) = ask(item("Kit", 2, value="50")).services[:1]
    assert len(parcel.parcels) == 1
    found = ask(item("Kit", 3, value="50"))
    assert [len(each.parcels) for each in found.services] == [2, 2, 2, 2]  # not by Lettermail
    assert refusal(found, "ca-letter").rule.code == "new"


def test_size_and_weight_limits_choose_the_carton():
    add_rule("size", length_mm=200, width_mm=150, height_mm=100, methods="ca-parcel")
    add_rule("weight", code="light", maximum=90, methods="ca-express")
    found = {each.code: each for each in ask(item("Rod", weight="20", height_mm=20)).services}
    assert found["ca-parcel"].parcels[0].carton.name == "Small box"
    assert found["ca-express"].parcels[0].weight_g == 90  # with its 70 g
    assert "ca-express" not in offered(ask(item("Rod", weight="80", height_mm=20)))


def test_lettermail_takes_only_what_fits_its_flat_carton():
    (letter,) = [each for each in ask(item("Rod")).services if each.code == "ca-letter"]
    assert letter.parcels[0].carton.name == "Bubble mailer"
    found = ask(item("Rod", height_mm=20))  # the mailer is 16 mm high inside
    assert offered(found) == ["ca-parcel", "ca-express", "ca-regular", "ca-priority"]
    assert refusal(found, "ca-letter").rule.code == "lettermail-size"


def test_country_that_we_do_not_ship_to_is_refused():
    Country.objects.filter(pk="FR").update(is_shipping_country=False)
    found = ask(item("Rod"), to=("FR",))
    assert {each.reason for each in found.causes} == {"We don’t ship to this country."}
    assert offered(ask(item("Rod"), to=("XX",))) == []
    ShippingRule.objects.all().delete()
    assert offered(ask(item("Rod"), to=("FR",))) == []
    assert offered(ask(item("Rod"), to=("DE",)))


def test_quebec_is_open_once_its_rule_is_turned_off():
    assert offered(ask(item("Rod"), to=("CA", "QC"))) == []
    ShippingRule.objects.filter(code="quebec-french").update(active=False)
    assert len(offered(ask(item("Rod"), to=("CA", "QC")))) == 5


def test_cart_of_ten_lines_takes_four_queries(
    product: Any, cart: Any, django_assert_num_queries: Any
):
    basket = cart(*(product(f"Part {n}", battery="loose") for n in range(10)))
    with django_assert_num_queries(1):  # the lines with their facts
        items = items_from(cart_lines(basket))
    with django_assert_num_queries(4):
        found = answer(items, Destination("US", "NY"), DAY)
        assert (len(found.services), len(found.refused)) == (1, 3)
    with django_assert_num_queries(0):
        assert found.closest == ()
        assert all(each.help for each in found.refused)


def cart_lines(basket: Any) -> Any:
    basket._lines = None
    return basket.all_lines()


def test_refused_service_cannot_be_ordered(product: Any, cart: Any, details: Any):
    basket = cart(product(battery="loose"))
    germany = replace(details, country="DE", province="", shipping_code="world-surface")
    quote = make_quote(basket, country="DE", shipping_code="world-surface")
    assert (quote.shipping.methods, quote.complete) == ((), False)
    assert quote.shipping.answer.causes[0].rule.code == "lithium-abroad"
    with pytest.raises(errors.NoShippingMethod):
        place_order(basket=basket, details=germany, fingerprint=quote.fingerprint)
    basket.refresh_from_db()
    assert (Order.objects.count(), basket.status) == (0, "Open")


def test_carrier_suspended_after_the_quote_stops_the_order(product: Any, cart: Any, details: Any):
    basket = cart(product())
    quote = make_quote(basket, country="CA", province="SK", shipping_code="ca-parcel")
    add_rule("suspended", starts_on=timezone.localdate())
    with pytest.raises(errors.CheckoutError):
        place_order(basket=basket, details=details, fingerprint=quote.fingerprint)
    assert Order.objects.count() == 0


def test_cart_page_shows_why_nothing_can_ship(client: Any, product: Any):
    made = product("LiPo cell", battery="loose")
    client.post(f"/cart/add/{made.pk}/", {"quantity": 1})
    client.post("/cart/destination/", {"country": "DE"})
    page = client.get("/cart/").content.decode()
    assert "Canada Post carries lithium batteries within Canada" in page
    assert "This concerns: LiPo cell." in page
    assert "<li>Choose pickup.</li>" in page
    assert "read on November 29, 2026" in page
