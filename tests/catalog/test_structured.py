"""JSON-LD of product, category and home pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.users.models import User
from catalog import read_model
from catalog.partner.models import StockRecord
from catalog.reviews.models import ProductReview
from tests.catalog import factories, json_ld

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
RETURNS = {
    "@type": "MerchantReturnPolicy",
    "merchantReturnLink": f"{SITE}/policies/returns/",
    "description": "Within 30 days after the shipment left the shop.",
    "returnPolicyCountry": "CA",
    "returnMethod": "https://schema.org/ReturnByMail",
    "refundType": "https://schema.org/FullRefund",
    "customerRemorseReturnFees": "https://schema.org/ReturnFeesCustomerResponsibility",
    "itemDefectReturnFees": "https://schema.org/FreeReturn",
}
SHIPPING = {
    "@type": "OfferShippingDetails",
    "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "CA"},
    "deliveryTime": {
        "@type": "ShippingDeliveryTime",
        "handlingTime": {
            "@type": "QuantitativeValue", "minValue": 0, "maxValue": 2, "unitCode": "DAY",
        },
    },
}  # fmt: skip


def offer(sku: str, url: str, price: str, status: str = "InStock") -> dict[str, Any]:
    return {
        "@type": "Offer",
        "sku": sku,
        "url": SITE + url,
        "price": price,
        "priceCurrency": "CAD",
        "availability": f"https://schema.org/{status}",
        "itemCondition": "https://schema.org/NewCondition",
        "seller": {"@id": f"{SITE}/#shop"},
        "hasMerchantReturnPolicy": RETURNS,
        **({"shippingDetails": SHIPPING} if status == "InStock" else {}),
    }


def test_product_with_offer_shipping_and_returns(client: Client) -> None:
    rod = factories.product(
        "Rod", sku="0012345678905", weight="1.25", description="<p>Thin &amp; light.</p>",
        facts={"manufacturer": "Carbon Works, 1 Elm Street, Regina"},
    )  # fmt: skip
    url = rod.get_absolute_url()
    assert json_ld.read(client, url)["Product"] == {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Rod",
        "url": SITE + url,
        "sku": "0012345678905",
        "mpn": "0012345678905",
        "gtin": "0012345678905",
        "description": "Thin & light.",
        "image": [f"{SITE}/media/products/0012345678905-0.png"],
        "brand": {"@type": "Brand", "name": "Carbon Works"},
        "weight": {"@type": "QuantitativeValue", "value": 1.25, "unitCode": "GRM"},
        "offers": [offer("0012345678905", url, "10.00")],
    }


def test_product_group_has_its_public_variants(client: Client) -> None:
    motor = factories.with_variants("Motor", ["14.00", "12.00"], sku="MF-M")
    factories.product("Motor hidden", parent=motor, is_public=False, pictures=0)
    url = motor.get_absolute_url()
    group = json_ld.read(client, f"{url}?variant=MF-MOTOR-SIZE-1")["ProductGroup"]
    assert (group["productGroupID"], group["url"]) == ("MF-M", SITE + url)
    assert "offers" not in group
    assert [one["name"] for one in group["hasVariant"]] == ["Motor size 1", "Motor size 2"]
    assert [one["offers"] for one in group["hasVariant"]] == [
        [offer(f"MF-MOTOR-SIZE-{n}", f"{url}?variant=MF-MOTOR-SIZE-{n}", price)]
        for n, price in ((1, "14.00"), (2, "12.00"))
    ]
    assert group["hasVariant"][0]["weight"]["value"] == 1.0


def test_sold_out_and_reduced_offers(client: Client) -> None:
    rod = factories.product("Rod", stock=0)
    url = rod.get_absolute_url()
    data = json_ld.read(client, url)["Product"]
    assert data["offers"] == [offer("MF-ROD", url, "10.00", "OutOfStock")]
    record = StockRecord.objects.get(product=rod)
    record.price, record.sale_until = "8.00", timezone.localdate() + timedelta(days=9)
    record.save()
    cache.clear()
    (found,) = json_ld.read(client, url)["Product"]["offers"]
    assert (found["price"], found["priceSpecification"]["price"]) == ("8.00", "10.00")


def test_approved_reviews_are_an_aggregate_rating(client: Client) -> None:
    rod = factories.product("Rod")
    for score, state in ((5, ProductReview.APPROVED), (4, ProductReview.APPROVED), (1, 0)):
        user = User.objects.create_user(f"flyer{score}@example.com")
        ProductReview.objects.create(
            product=rod, user=user, score=score, title="Rod", body="Stiff.", status=state
        )
    read_model.refresh([rod])
    found = json_ld.read(client, rod.get_absolute_url())["Product"]["aggregateRating"]
    assert found == {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 2}


def test_nothing_typed_ends_the_script(client: Client) -> None:
    text = "a</script><!--<script>&\u2028b"
    rod = factories.product("Rod", description=f"<p>{text}</p>", into=factories.category(text[:20]))
    type(rod).objects.filter(pk=rod.pk).update(title=text, card="", details="")
    data = json_ld.read(client, rod.get_absolute_url())
    assert data["Product"]["name"] == text
    assert data["BreadcrumbList"]["itemListElement"][1]["name"] == text[:20]


def test_breadcrumbs_of_product_and_category(client: Client) -> None:
    gear = factories.category("Gear")
    rods = factories.category("Rods", gear)
    rod = factories.product("Rod", into=rods)
    trail = [("MicroFlight", "/"), ("Gear", gear.get_absolute_url()), ("Rods", "")]
    rods_url = rods.get_absolute_url()
    for url, names in (
        (rods_url, [*trail[:2], ("Rods", rods_url)]),
        (rod.get_absolute_url(), [*trail[:2], ("Rods", rods_url), ("Rod", "")]),
    ):
        assert json_ld.read(client, url)["BreadcrumbList"]["itemListElement"] == [
            {"@type": "ListItem", "position": place, "name": name}
            | ({"item": SITE + path} if path else {})
            for place, (name, path) in enumerate(names, 1)
        ]


def test_home_page_has_the_business_and_its_search(client: Client) -> None:
    data = json_ld.read(client, "/")
    assert data["OnlineStore"]["legalName"] == "Plantraco Ltd."
    assert data["WebSite"]["potentialAction"]["target"]["urlTemplate"] == (
        f"{SITE}/search/?q={{search_term_string}}"
    )


def test_structured_data_takes_no_query(client: Client) -> None:
    url = factories.with_variants("Motor", ["14.00", "12.00"]).get_absolute_url()
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        client.get(f"{url}?quantity=2")
    assert len(seen) <= 3


def test_check_finds_a_missing_property() -> None:
    assert json_ld.missing({"@type": "Product", "name": "x", "offers": [{"@type": "Offer"}]}) == [
        "Product: image", "Offer: price", "Offer: priceCurrency", "Offer: availability",
        "Offer: url",
    ]  # fmt: skip
