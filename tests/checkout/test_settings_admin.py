"""Shipping zones and methods, tax rates and offers in the admin."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from oscar.apps.voucher.models import Voucher

from checkout.offers.conflicts import competing_offers
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.tax.models import TaxRate
from tests.checkout.factories import make_offer, make_product, make_voucher
from tests.sourced import SOURCED


@pytest.mark.parametrize(("rate", "status"), [("0.05", 302), ("5", 200), ("-0.1", 200)])
def test_tax_rate_must_be_a_fraction(rate: str, status: int, staff: Client, db: None) -> None:
    data = {
        "country": "CA", "province": "SK", "component": "GST", "rate": rate,
        "starts_on": "2027-01-01", **SOURCED,
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


# --- Conflicts -----------------------------------------------------------------------------------

SK_PST = {"country": "CA", "province": "SK", "component": "PST", "rate": "0.06", **SOURCED}


def _add(staff: Client, name: str, data: dict[str, object]) -> tuple[int, str]:
    answer = staff.post(reverse(f"admin:{name}_add"), data)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("days", "conflict"),
    [
        ({"starts_on": "2026-01-01"}, True),
        ({"starts_on": "2020-01-01", "ends_on": "2025-01-01"}, True),
        ({"starts_on": "2020-01-01", "ends_on": "2024-12-31"}, False),
        ({"starts_on": "2026-01-01", "component": "HST"}, True),
        ({"starts_on": "2026-01-01", "component": "GST"}, False),
        ({"starts_on": "2026-01-01", "province": "BC"}, False),
    ],
)
def test_two_rates_on_one_day_are_rejected(
    days: dict[str, str], conflict: bool, staff: Client, db: None
) -> None:
    # Mutation: without the check, the rate that starts later silently replaced the other
    TaxRate.objects.create(**SK_PST, starts_on="2025-01-01")
    status, page = _add(staff, "tax_taxrate", SK_PST | days)
    assert (status, TaxRate.objects.count()) == ((200, 1) if conflict else (302, 2))
    assert ("On some of these days, “PST SK 6% from 2025-01-01”" in page) == conflict


@pytest.mark.parametrize(
    ("field", "value"),
    [("province", "sk"), ("province", "XX"), ("country", "ca"), ("country", "US"),
     ("component", "gst"), ("component", "VAT")],
)  # fmt: skip
def test_unknown_key_of_a_tax_rate_is_rejected(
    field: str, value: str, staff: Client, db: None
) -> None:
    status, page = _add(staff, "tax_taxrate", SK_PST | {"starts_on": "2026-01-01", field: value})
    assert (status, TaxRate.objects.count()) == (200, 0)
    assert f"{value} is not one of the available choices." in page
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRate.objects.create(**SK_PST | {"starts_on": "2026-01-01", field: value})


def _offer(benefit: str, *, value: object = 10, condition: str = "Count", **more: str) -> dict:
    everything, _ = Range.objects.get_or_create(name="Everything", includes_all_products=True)
    scope = None if benefit.startswith("Shipping") or benefit == "Fixed price" else everything
    return {
        "name": benefit, "offer_type": "Site", "status": "Open", "priority": "0",
        "condition": Condition.objects.create(type=condition, value=1, range=everything).pk,
        "benefit": Benefit.objects.create(type=benefit, value=value, range=scope).pk,
        **dict.fromkeys(("start_datetime_0", "start_datetime_1"), ""), **more,
    }  # fmt: skip


def test_exclusive_offer_that_hides_free_delivery_is_a_warning(staff: Client, db: None) -> None:
    warning = "“Percentage” and “Shipping percentage” exclude each other on the same items"
    _add(staff, "offer_conditionaloffer", _offer("Shipping percentage", value=100))
    shipping = ConditionalOffer.objects.get()
    assert not _warned(staff, warning)
    _add(staff, "offer_conditionaloffer", _offer("Percentage", exclusive="on"))
    assert _warned(staff, warning)
    ConditionalOffer.objects.filter(name="Percentage").delete()
    ended = {"end_datetime_0": "2020-01-01", "end_datetime_1": "00:00"}
    ConditionalOffer.objects.update(start_datetime="2024-01-01T00:00Z")
    _add(staff, "offer_conditionaloffer", _offer("Percentage", exclusive="on", **ended))
    assert not _warned(staff, warning)
    ConditionalOffer.objects.filter(name="Percentage").delete()
    together = _offer("Percentage") | {"combinations": [shipping.pk]}
    ConditionalOffer.objects.update(exclusive=False)
    _add(staff, "offer_conditionaloffer", together)
    assert not _warned(staff, warning)
    assert ConditionalOffer.objects.count() == 2


def test_offers_of_the_same_products_that_exclude_each_other_are_a_warning(
    staff: Client, db: None
) -> None:
    # Mutation: without _share_products(): no warning, or one for offers of other products
    planes, motors = make_product("Plane"), make_product("Motor")
    first = make_offer("First", percent="10", range=_range("Planes", planes))
    make_offer("Second", percent="20", range=_range("Motors", motors))
    third = make_offer("Third", percent="30", range=_range("Both", planes, motors))
    assert [each.name for each in competing_offers(first)] == ["Third"]
    assert {each.name for each in competing_offers(third)} == {"First", "Second"}
    ConditionalOffer.objects.update(exclusive=False)
    third.combinations.add(first)
    assert [each.name for each in competing_offers(ConditionalOffer.objects.get(pk=first.pk))] == []
    _add(staff, "offer_conditionaloffer", _offer("Percentage", exclusive="on"))
    assert _warned(staff, "“Percentage” and “First” have some of the same products")


def _range(name: str, *products: Any) -> Range:
    made = Range.objects.create(name=name)
    for product in products:
        made.add_product(product)
    return made


def _warned(staff: Client, warning: str) -> bool:
    page = staff.get(reverse("admin:offer_conditionaloffer_changelist"))
    return any(warning in str(each) for each in page.context["messages"])


def test_fixed_price_of_a_value_is_rejected(staff: Client, db: None) -> None:
    data = _offer("Fixed price", condition="Value")
    assert "A fixed price needs a condition" in _add(staff, "offer_conditionaloffer", data)[1]
    assert not ConditionalOffer.objects.exists()


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        (None, "", "This field is required."),
        ("Site", "Open", "is not one of the available choices."),
        ("Voucher", "Suspended", "All of these offers are suspended or used up."),
    ],
)
def test_code_that_never_applies_is_rejected(
    kind: str | None, status: str, error: str, staff: Client, db: None
) -> None:
    data = _voucher("SPRING")
    if kind:
        data["offers"] = [make_offer("Welcome", offer_type=kind, status=status).pk]
    code, page = _add(staff, "voucher_voucher", data)
    assert (code, error in page, Voucher.objects.count()) == (200, True, 0)


def _voucher(code: str) -> dict[str, object]:
    days = {"start_datetime_0": "2026-01-01", "end_datetime_0": "2030-01-01"}
    hours = dict.fromkeys(("start_datetime_1", "end_datetime_1"), "00:00")
    return {"name": code, "code": code, "usage": Voucher.MULTI_USE, **days, **hours}


def test_code_in_other_case_is_rejected(staff: Client, db: None) -> None:
    # Mutation: without clean_code(), saving ended in an IntegrityError: a 500
    make_voucher("SPRING")
    data = _voucher("spring") | {"offers": [make_offer("Welcome", offer_type="Voucher").pk]}
    status, page = _add(staff, "voucher_voucher", data)
    assert (status, "with this Code already exists" in page, Voucher.objects.count()) == (
        200, True, 1,
    )  # fmt: skip
