"""Structured data for search engines on the returns and shipping policies."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checkout.shipping import seed as shipping_seed
from checkout.shipping.models import FuelSurcharge, ShippingMethod, ShippingRate, ShippingZone
from checkout.shipping.rates import Tariff, cartons, rates_in_force, tariffs_from
from checkout.shipping.structured_data import items_g
from policies import seed, workflow
from policies.models import Policy

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def read_json_ld(client: Client, url: str) -> Any:
    html = client.get(url).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert len(found) <= 1
    return json.loads(found[0]) if found else None


def test_returns_page_has_the_return_policy_from_the_settings(
    client: Client, settings: Any
) -> None:
    settings.RETURN_WINDOW_DAYS, settings.RETURN_FEE_PERCENT = 21, 15
    seed.load()
    assert read_json_ld(client, "/policies/returns/") == {
        "@context": "https://schema.org",
        "@type": "OnlineStore",
        "@id": f"{SITE}/#shop",
        "name": "MicroFlight",
        "legalName": "Plantraco Ltd.",
        "url": f"{SITE}/",
        "hasMerchantReturnPolicy": {
            "@type": "MerchantReturnPolicy",
            "merchantReturnLink": f"{SITE}/policies/returns/",
            "description": "Within 21 days after the shipment left the shop.",
            "returnPolicyCountry": "CA",
            "returnMethod": "https://schema.org/ReturnByMail",
            "refundType": "https://schema.org/FullRefund",
            "customerRemorseReturnFees": "https://schema.org/ReturnFeesCustomerResponsibility",
            "itemDefectReturnFees": "https://schema.org/FreeReturn",
            "restockingFee": 15,
        },
    }


def test_restocking_fee_of_zero_is_left_out(client: Client, settings: Any) -> None:
    settings.RETURN_FEE_PERCENT = 0
    seed.load()
    assert (
        "restockingFee" not in read_json_ld(client, "/policies/returns/")["hasMerchantReturnPolicy"]
    )


# Mutation: with the parcel's limit of 500 g used for its content, 485 was 500.
def test_shipping_page_has_each_active_service_with_days_and_rates(
    client: Client, settings: Any
) -> None:
    settings.DISPATCH_DAYS = 3
    seed.load()
    shipping_seed.load()
    ShippingMethod.objects.filter(code="ca-letter").update(active=False)
    express = ShippingRate.objects.filter(method_zone__method__code="ca-express")
    express.filter(up_to_g=500).update(price="20.00")
    FuelSurcharge.objects.filter(surcharge="domestic").update(percentage="12.5")
    services = read_json_ld(client, "/policies/shipping/")["hasShippingService"]
    assert [each["name"] for each in services] == [
        "Expedited Parcel, Canada", "Xpresspost, Canada", "Regular Parcel, Canada",
        "Priority, Canada", "Small Packet USA, United States",
        "Expedited Parcel USA, United States", "Xpresspost USA, United States",
        "Tracked Packet USA, United States",
    ]  # fmt: skip
    express = services[1]
    assert express["description"] == "Not for loose lithium batteries."
    assert express["handlingTime"]["duration"] == {
        "@type": "QuantitativeValue", "minValue": 0, "maxValue": 3, "unitCode": "DAY",
    }  # fmt: skip
    first = express["shippingConditions"][0]
    assert first["shippingDestination"] == [{"@type": "DefinedRegion", "addressCountry": "CA"}]
    assert first["shippingRate"] == {
        "@type": "MonetaryAmount", "value": "22.50", "currency": "CAD",
    }  # fmt: skip
    assert first["transitTime"]["duration"] == {
        "@type": "QuantitativeValue", "minValue": 1, "maxValue": 3, "unitCode": "DAY",
    }  # fmt: skip
    assert [
        (each["weight"]["minValue"], each["weight"]["maxValue"])
        for each in express["shippingConditions"]
    ] == [(0, 485), (485, 930), (930, 1930), (1930, 4830), (4830, 9830), (9830, 29_580)]


def test_content_limit_leaves_room_for_the_carton(db: None) -> None:
    shipping_seed.load()
    express = tariff("ca-express")
    # the bubble mailer holds 500 g, the small box 2 kg, the medium box 10 kg and the large box 30
    assert [
        items_g(express, cartons(), grams) for grams in (10, 500, 1000, 5000, 10_000, 30_000)
    ] == [0, 485, 930, 4830, 9830, 29_580]
    # the medium box is charged as 2,158 g, and the small one holds 1,930 g
    assert items_g(express, cartons(), 2100) == 1930
    packet = tariff("us-packet")  # no volumetric weight
    assert items_g(packet, cartons(), 1000) == 930


def tariff(code: str) -> Tariff:
    rates = rates_in_force(date(2026, 1, 1)).filter(method_zone__method__code=code)
    return tariffs_from(rates, [])[0]


def test_zone_lists_its_countries_and_the_rest_of_the_world_is_left_out(client: Client) -> None:
    seed.load()
    shipping_seed.load()
    us = ShippingZone.objects.get(code="us")
    us.countries.add("MX")
    us.regions.create(country_id="CA", province="YT")
    us.regions.create(country_id="CA", postcode_prefix="X0A")
    services = read_json_ld(client, "/policies/shipping/")["hasShippingService"]
    packet = next(each for each in services if each["name"] == "Small Packet USA, United States")
    region = {"@type": "DefinedRegion"}
    assert packet["shippingConditions"][0]["shippingDestination"] == [
        region | {"addressCountry": "MX"},
        region | {"addressCountry": "US"},
        region | {"addressCountry": "CA", "postalCodePrefix": "X0A"},
        region | {"addressCountry": "CA", "addressRegion": "YT"},
    ]
    assert len(packet["shippingConditions"]) == 3
    assert not any("World" in each["name"] for each in services)


def test_only_the_version_in_force_has_structured_data(client: Client) -> None:
    seed.load()
    assert read_json_ld(client, "/policies/shipping/") is None
    assert read_json_ld(client, "/policies/returns/v1/") is None
    assert read_json_ld(client, "/policies/privacy/") is None


def test_html_in_structured_data_is_escaped(client: Client) -> None:
    seed.load()
    shipping_seed.load()
    ShippingMethod.objects.filter(code="ca-letter").update(name="</script><b>Post & co")
    services = read_json_ld(client, "/policies/shipping/")["hasShippingService"]
    assert services[0]["name"] == "</script><b>Post & co, Canada"


def test_shipping_page_takes_eight_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seed.load()
    shipping_seed.load()
    workflow.adopt(Policy.objects.get(slug="shipping"), "Another version.", summary="Shorter.")
    client.get("/contact/")  # caches menu and notices
    with django_assert_num_queries(8):  # the policy; rates, surcharges, zones, cartons, rules
        html = client.get("/policies/shipping/").content.decode()
    assert "<p>Another version.</p>" in html
