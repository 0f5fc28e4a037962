"""Structured data for search engines on the returns and shipping policies."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checkout.shipping import seed as shipping_seed
from checkout.shipping.models import ShippingMethod, ShippingZone, WeightBand
from checkout.shipping.services import pack
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


# Mutation: with the parcel's limit of 500 g used for its content, 381 was 500.
def test_shipping_page_has_each_active_service_with_days_and_rates(
    client: Client, settings: Any
) -> None:
    settings.DISPATCH_DAYS = 3
    seed.load()
    shipping_seed.load()
    ShippingMethod.objects.filter(code="ca-letter").update(active=False)
    WeightBand.objects.filter(method__code="ca-express", up_to_g=500).update(charge="19.75")
    services = read_json_ld(client, "/policies/shipping/")["hasShippingService"]
    assert [each["name"] for each in services] == [
        "Tracked parcel, Canada", "Express, Canada", "Small packet, United States",
        "Tracked parcel, United States", "Express, United States",
    ]  # fmt: skip
    express = services[1]
    assert express["description"] == "Not for loose lithium batteries."
    assert express["handlingTime"]["duration"] == {
        "@type": "QuantitativeValue", "minValue": 0, "maxValue": 3, "unitCode": "DAY",
    }  # fmt: skip
    first = express["shippingConditions"][0]
    assert first["shippingDestination"] == [{"@type": "DefinedRegion", "addressCountry": "CA"}]
    assert first["shippingRate"] == {
        "@type": "MonetaryAmount", "value": "19.75", "currency": "CAD",
    }  # fmt: skip
    assert first["transitTime"]["duration"] == {
        "@type": "QuantitativeValue", "minValue": 1, "maxValue": 3, "unitCode": "DAY",
    }  # fmt: skip
    assert [
        (each["weight"]["minValue"], each["weight"]["maxValue"])
        for each in express["shippingConditions"]
    ] == [(0, 381), (381, 836), (836, 1745), (1745, 4472), (4472, 9018)]


def test_content_limit_leaves_room_for_the_packaging() -> None:
    class Line:
        quantity = 1

        def __init__(self, grams: int) -> None:
            self.product = type("Product", (), {"weight_g": Decimal(grams), "battery": "none"})

    assert items_g(WeightBand(up_to_g=500)) == 381
    assert pack([Line(381)]).weight_g == 500
    assert pack([Line(382)]).weight_g == 501
    assert items_g(WeightBand(up_to_g=50)) == 0  # the carton alone weighs more


def test_zone_lists_its_countries_and_the_rest_of_the_world_is_left_out(client: Client) -> None:
    seed.load()
    shipping_seed.load()
    ShippingZone.objects.get(code="us").countries.add("MX")
    services = read_json_ld(client, "/policies/shipping/")["hasShippingService"]
    packet = next(each for each in services if each["name"] == "Small packet, United States")
    assert [each["addressCountry"] for each in packet["shippingConditions"][0][
        "shippingDestination"
    ]] == ["MX", "US"]  # fmt: skip
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


def test_shipping_page_takes_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seed.load()
    shipping_seed.load()
    workflow.adopt(Policy.objects.get(slug="shipping"), "Another version.", summary="Shorter.")
    client.get("/contact/")  # caches menu and notices
    with django_assert_num_queries(2):
        html = client.get("/policies/shipping/").content.decode()
    assert "<p>Another version.</p>" in html
