"""Shipping rules: what each type refuses, where and when, and what the admin rejects."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from catalog.facts import ProductFacts
from checkout.shipping import seed
from checkout.shipping.destination import Destination
from checkout.shipping.french import missing_texts
from checkout.shipping.places import is_in, validate_places
from checkout.shipping.rules import Breach, ShippingRule
from policies.models import Policy, PolicyTranslation
from policies.workflow import adopt
from tests.sourced import SOURCED

DAY = date(2026, 11, 30)


def rule(type_: str, **fields: Any) -> ShippingRule:
    return ShippingRule(code="r", type=type_, reason="Because", **SOURCED, **fields)


def item(value: str = "10.00", **facts: Any) -> Any:
    return SimpleNamespace(facts=ProductFacts(**facts), value=Decimal(value))


LOOSE = {"battery": "loose", "battery_count": 1, "battery_cells": 1, "battery_wh": Decimal("0.185")}
PACK = {**LOOSE, "battery_cells": 2}


@pytest.mark.parametrize(
    ("made", "facts", "missing"),
    [
        (rule("battery"), {"battery": "none"}, None),
        (rule("battery"), LOOSE, ()),
        (rule("battery", accepted="loose"), LOOSE, None),
        (rule("battery", accepted="in-equipment with-equipment"), LOOSE, ()),
        (rule("battery", accepted="loose"), {}, ("battery",)),
        (rule("cell-wh", maximum=20), LOOSE, None),
        (rule("cell-wh", maximum=20), {**LOOSE, "battery_wh": Decimal("20")}, None),
        (rule("cell-wh", maximum=20), {**LOOSE, "battery_wh": Decimal("20.001")}, ()),
        (rule("cell-wh", maximum=20), {**PACK, "battery_wh": Decimal("40")}, None),
        (rule("cell-wh", maximum=20), {"battery": "loose"}, ("battery_cells", "battery_wh")),
        (rule("cell-wh", maximum=20), {"battery": "none"}, None),
        (rule("cell-wh", maximum=20), {}, ("battery",)),
        (rule("battery-wh", maximum=100), {**PACK, "battery_wh": Decimal("100.001")}, ()),
        (rule("battery-wh", maximum=100), {**PACK, "battery_wh": Decimal("100")}, None),
        (rule("radio", accepted="2400"), {"radio": "none"}, None),
        (rule("radio", accepted="2400"), {"radio": "2400"}, None),
        (rule("radio", accepted="2400"), {"radio": "902-928"}, ()),
        (rule("radio", accepted="2400"), {}, ("radio",)),
        (rule("facts", accepted="hs6 origin"), {"hs6": "950300"}, ("origin",)),
        (rule("facts", accepted="hs6 origin"), {"hs6": "950300", "origin_id": "CA"}, None),
        (rule("cells", maximum=8, max_batteries=2), {}, ("battery",)),
        (rule("cells", maximum=8, max_batteries=2), {"battery": "none"}, None),
        (rule("cells", maximum=8, max_batteries=2), {"battery": "loose", "battery_count": 1},
         ("battery_cells",)),
        (rule("closed"), {"battery": "none"}, ()),
        (rule("suspended", starts_on=DAY), {}, ()),
        (rule("french"), {}, ()),
    ],
)  # fmt: skip
def test_rule_refuses_a_product(made: Any, facts: dict[str, Any], missing: tuple[str, ...] | None):
    assert made.refuses(item(**facts)) == (None if missing is None else Breach(missing))


@pytest.mark.parametrize(
    ("facts", "share"),
    [(LOOSE, 2), ({**LOOSE, "battery_count": 3}, 6), (PACK, 8), ({"battery": "none"}, 0)],
)
def test_battery_of_several_cells_counts_as_four_cells(facts: dict[str, Any], share: int):
    """Of 16: 8 cells of 2 each, or 2 batteries of 8 each."""
    cells = rule("cells", maximum=8, max_batteries=2)
    assert (cells.count(item(**facts)), cells.most) == (share, 16)


def test_value_is_counted_in_cents():
    made = rule("value", maximum=Decimal("150"))
    assert (made.count(item("12.34")), made.most) == (1234, 15000)


@pytest.mark.parametrize(
    ("places", "destination", "expected"),
    [
        ("CA US", ("CA", "SK"), True),
        ("CA US", ("DE",), False),
        ("CA-QC", ("CA", "QC"), True),
        ("CA-QC", ("CA", "SK"), False),
        ("CA-QC", ("CA",), False),
        ("GB:BT", ("GB", "", "BT1 5GS"), True),
        ("GB:BT", ("GB", "", "B1 1AA"), False),
        ("", ("CA",), False),
    ],
)
def test_place_is_a_country_a_province_or_postal_codes(
    places: str, destination: Any, expected: bool
):
    assert is_in(Destination(*destination), places) is expected


@pytest.mark.django_db
@pytest.mark.parametrize("places", ["Canada", "ca", "CA-", "GB:", "CA;US", "D"])
def test_other_words_are_no_places(places: str):
    with pytest.raises(ValidationError, match="is no place"):
        validate_places(places)


@pytest.mark.parametrize(
    ("fields", "day", "expected"),
    [
        ({}, DAY, True),
        ({"active": False}, DAY, False),
        ({"starts_on": DAY}, date(2026, 11, 29), False),
        ({"starts_on": DAY}, DAY, True),
        ({"starts_on": DAY, "ends_on": DAY}, DAY, True),
        ({"ends_on": date(2026, 11, 29)}, DAY, False),
        ({"starts_on": DAY}, date(2036, 1, 1), True),  # without an end
        ({"places": "DE"}, DAY, True),
        ({"places": "FR"}, DAY, False),
        ({"places": "CA US", "except_places": True}, DAY, True),
        ({"places": "DE", "except_places": True}, DAY, False),
    ],
)
def test_rule_is_in_force_at_its_places_from_its_first_to_its_last_day(
    fields: dict[str, Any], day: date, expected: bool
):
    assert rule("closed", **fields).is_for(Destination("DE"), day) is expected


def test_rule_without_methods_leaves_out_pickup():
    parcel, pickup = (
        SimpleNamespace(code="us-parcel", pickup=False),
        SimpleNamespace(code="p", pickup=True),
    )
    assert rule("closed").is_for_method(parcel)
    assert not rule("closed").is_for_method(pickup)
    assert rule("closed", methods="p").is_for_method(pickup)
    assert not rule("closed", methods="us-packet us-parcels").is_for_method(parcel)


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        (rule("suspended"), {"starts_on"}),
        (rule("cell-wh"), {"maximum"}),
        (rule("cells", maximum=Decimal("8.5")), {"maximum", "max_batteries"}),
        (rule("size", length_mm=1), {"width_mm", "height_mm"}),
        (rule("closed", maximum=1), {"maximum"}),
        (rule("battery", accepted="loos"), {"accepted"}),
        (rule("closed", accepted="loose"), {"accepted"}),
        (rule("facts"), {"accepted"}),
        (rule("facts", accepted="hs7"), {"accepted"}),
        (rule("closed", except_places=True), {"places"}),
        (rule("closed", places="Germany"), {"places"}),
        (rule("closed", starts_on=DAY, ends_on=date(2026, 11, 29)), {"__all__"}),
        (rule("weight", maximum=-1), {"maximum"}),
    ],
)
def test_incomplete_rule_is_rejected(made: ShippingRule, fields: set[str], db: None):
    with pytest.raises(ValidationError) as error:
        made.full_clean()
    assert set(error.value.message_dict) == fields
    assert not ShippingRule.objects.exists()


def test_seeded_rules_are_complete_and_keep_what_staff_changed(db: None):
    seed.load()
    rules = ShippingRule.objects.all()
    for each in rules:
        each.full_clean()
        assert each.source_date == date(2026, 11, 29)
    closed = rules.filter(type="closed").values_list("places", "confirmed")
    countries = ["AQ", "BV", "BY", "CU", "HM", "IR", "KP", "RU", "SY"]
    assert sorted(closed) == [(country, False) for country in countries]
    rules.filter(code="closed-sy").update(active=False)
    count = rules.count()
    seed.load()
    assert rules.count() == count == 23
    assert not rules.get(code="closed-sy").active


def test_admin_rejects_a_rule_for_an_unknown_method(staff: Client, db: None):
    url = reverse("admin:shipping_shippingrule_add")
    data = {
        "code": "no-packets", "type": "closed", "reason": "No packets.", "places": "de fr",
        "methods": "eu-packet", "active": "on", "source": "Carrier", "source_date": "2026-11-29",
        "check_again_on": "2027-02-28",
    }  # fmt: skip
    page = staff.post(url, data).content.decode()
    assert "No shipping method has the code “eu-packet”." in page
    assert not ShippingRule.objects.exists()
    staff.post(url, data | {"methods": ""})
    assert ShippingRule.objects.get().places == "DE FR"


def test_overdue_rule_is_on_the_start_page(staff: Client, db: None):
    made = rule("closed", places="AQ")
    made.check_again_on = date(2026, 1, 1)
    made.save()
    page = staff.get(reverse("admin:index")).content.decode()
    assert "shipping rules to check again" in page


def test_missing_french_texts_are_listed_on_the_rule(staff: Client, db: None):
    adopt(Policy.objects.create(slug="terms", title="Terms"), "Pay.")
    privacy = adopt(Policy.objects.create(slug="privacy", title="Privacy"), "Nothing.")
    PolicyTranslation.objects.create(
        version=privacy, language="fr", title="Vie privée", body="Rien.",
        published_at=privacy.published_at, sha256="0" * 64,
    )  # fmt: skip
    assert missing_texts() == ["Pages and emails of the shop", "Policy: Terms"]
    made = rule("french", places="CA-QC")
    made.save()
    url = reverse("admin:shipping_shippingrule_change", args=[made.pk])
    assert "<li>Policy: Terms</li>" in staff.get(url).content.decode()
