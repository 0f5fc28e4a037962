"""Shipping zones and methods, tax rates and offers in the admin."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from oscar.apps.address.models import Country

from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.shipping.models import ShippingMethod, ShippingZone
from checkout.tax.models import TaxRate


def test_country_belongs_to_one_zone(staff: Client, db: None) -> None:
    canada, _ = Country.objects.get_or_create(
        iso_3166_1_a2="CA", defaults={"name": "Canada", "printable_name": "Canada"}
    )
    first = ShippingZone.objects.create(code="ca", name="Canada")
    first.countries.add(canada)
    data = {"code": "north", "name": "North", "countries": [canada.pk]}
    answer = staff.post(reverse("admin:shipping_shippingzone_add"), data)
    assert "The zone “Canada” already has one of these countries." in answer.content.decode()
    assert ShippingZone.objects.count() == 1


def test_shipping_method_is_saved_with_its_rates(staff: Client, db: None) -> None:
    zone = ShippingZone.objects.create(code="ca", name="Canada")
    data = {
        "zone": zone.pk, "code": "slow", "name": "Slow", "min_days": "5", "max_days": "9",
        "position": "0", "active": "on",
        "bands-TOTAL_FORMS": 1, "bands-INITIAL_FORMS": 0,
        "bands-0-up_to_g": "500", "bands-0-charge": "7.20",
    }  # fmt: skip
    add = reverse("admin:shipping_shippingmethod_add")
    assert staff.post(add, data | {"max_days": "4"}).status_code == 200
    assert staff.post(add, data).status_code == 302
    assert ShippingMethod.objects.get().bands.get().charge == Decimal("7.20")


@pytest.mark.parametrize(("rate", "status"), [("0.05", 302), ("5", 200), ("-0.1", 200)])
def test_tax_rate_must_be_a_fraction(rate: str, status: int, staff: Client, db: None) -> None:
    data = {
        "country": "CA", "province": "SK", "component": "GST", "rate": rate,
        "starts_on": "2027-01-01",
    }  # fmt: skip
    assert staff.post(reverse("admin:tax_taxrate_add"), data).status_code == status
    assert TaxRate.objects.filter(starts_on="2027-01-01").count() == (status == 302)


def test_offer_is_created_with_its_limits(staff: Client, db: None) -> None:
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(type="Count", value=3, range=everything)
    benefit = Benefit.objects.create(type="Percentage", value=10, range=everything)
    page = staff.get(reverse("admin:offer_conditionaloffer_add")).content.decode()
    assert "3 items from Everything" in page
    assert "10% off Everything" in page
    data = {
        "name": "Three for less", "offer_type": "Site", "status": "Open", "priority": "0",
        "condition": condition.pk, "benefit": benefit.pk, "max_user_applications": "2",
        **dict.fromkeys(("start_datetime_0", "start_datetime_1"), ""),
    }  # fmt: skip
    answer = staff.post(reverse("admin:offer_conditionaloffer_add"), data)
    assert answer.status_code == 302
    assert ConditionalOffer.objects.get().max_user_applications == 2
