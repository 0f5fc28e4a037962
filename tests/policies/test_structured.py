"""What search engines read of returns and delivery: the same sources as the texts, nothing else."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checkout.shipping import seed as delivery
from checkout.shipping.models import Service, WeightBand, Zone
from checkout.shipping.services import parcel_weight_g
from checkout.shipping.structured import goods_g
from policies import publishing, seed
from policies.models import Policy

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def told(client: Client, address: str) -> Any:
    html = client.get(address).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert len(found) <= 1
    return json.loads(found[0]) if found else None


def test_the_returns_page_tells_the_policy_of_the_shop_from_its_settings(
    client: Client, settings: Any
) -> None:
    settings.RETURN_WINDOW_DAYS, settings.RETURN_FEE_PERCENT = 21, 15
    seed.load()
    assert told(client, "/policies/returns/") == {
        "@context": "https://schema.org",
        "@type": "OnlineStore",
        "@id": f"{SITE}/#shop",
        "name": "MicroFlight",
        "legalName": "Plantraco Ltd.",
        "url": f"{SITE}/",
        "hasMerchantReturnPolicy": {
            "@type": "MerchantReturnPolicy",
            "merchantReturnLink": f"{SITE}/policies/returns/",
            "description": "Until 21 days after the day on which the parcel left the shop.",
            "returnPolicyCountry": "CA",
            "returnMethod": "https://schema.org/ReturnByMail",
            "refundType": "https://schema.org/FullRefund",
            "customerRemorseReturnFees": "https://schema.org/ReturnFeesCustomerResponsibility",
            "itemDefectReturnFees": "https://schema.org/FreeReturn",
            "restockingFee": 15,
        },
    }


def test_without_a_restocking_fee_none_is_told(client: Client, settings: Any) -> None:
    settings.RETURN_FEE_PERCENT = 0
    seed.load()
    assert "restockingFee" not in told(client, "/policies/returns/")["hasMerchantReturnPolicy"]


# Broken once: with the parcel's own 500 g told as the limit of the goods, 500 stood for 381.
def test_the_shipping_page_tells_each_service_that_is_on_with_its_days_and_charges(
    client: Client, settings: Any
) -> None:
    settings.DISPATCH_DAYS = 3
    seed.load()
    delivery.load()
    Service.objects.filter(code="ca-letter").update(active=False)
    WeightBand.objects.filter(service__code="ca-express", up_to_g=500).update(charge="19.75")
    services = told(client, "/policies/shipping/")["hasShippingService"]
    assert [each["name"] for each in services] == [
        "Tracked parcel, Canada", "Express, Canada", "Small packet, United States",
        "Tracked parcel, United States", "Express, United States",
    ]  # fmt: skip
    express = services[1]
    assert express["description"] == "Not for loose lithium cells."
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


def test_goods_of_the_weight_that_is_told_make_a_parcel_that_the_service_takes() -> None:
    class Goods:
        quantity = 1

        def __init__(self, grams: int) -> None:
            self.product = type("Product", (), {"weight_g": Decimal(grams)})

    assert goods_g(WeightBand(up_to_g=500)) == 381
    assert parcel_weight_g([Goods(381)]) == 500
    assert parcel_weight_g([Goods(382)]) == 501
    assert goods_g(WeightBand(up_to_g=50)) == 0  # the carton alone weighs more


def test_a_zone_with_several_countries_is_told_as_one_and_the_rest_of_the_world_not_at_all(
    client: Client,
) -> None:
    seed.load()
    delivery.load()
    Zone.objects.get(code="us").countries.add("MX")
    services = told(client, "/policies/shipping/")["hasShippingService"]
    packet = next(each for each in services if each["name"] == "Small packet, United States")
    assert [each["addressCountry"] for each in packet["shippingConditions"][0][
        "shippingDestination"
    ]] == ["MX", "US"]  # fmt: skip
    assert len(packet["shippingConditions"]) == 3
    assert not any("World" in each["name"] for each in services)


def test_only_the_text_in_force_carries_data_and_without_services_there_is_none(
    client: Client,
) -> None:
    seed.load()
    assert told(client, "/policies/shipping/") is None
    assert told(client, "/policies/returns/v1/") is None
    assert told(client, "/policies/privacy/") is None


def test_nothing_in_the_data_ends_the_script(client: Client) -> None:
    seed.load()
    delivery.load()
    Service.objects.filter(code="ca-letter").update(name="</script><b>Post & co")
    services = told(client, "/policies/shipping/")["hasShippingService"]
    assert services[0]["name"] == "</script><b>Post & co, Canada"


def test_the_shipping_page_costs_two_queries_with_its_data(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seed.load()
    delivery.load()
    publishing.adopt(Policy.objects.get(slug="shipping"), "Another text.", summary="Shorter.")
    client.get("/contact/")  # menu and notices are known from any page
    with django_assert_num_queries(2):
        html = client.get("/policies/shipping/").content.decode()
    assert "<p>Another text.</p>" in html
