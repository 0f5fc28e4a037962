"""Customs data of international parcels: complete before they ship, frozen afterwards."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from catalog.facts import ProductFacts
from checkout.documents.customs import (
    CustomsEntry,
    CustomsIncomplete,
    form_for,
    normalized_declaration_id,
)
from checkout.documents.customs_form import customs_form
from checkout.documents.models import CustomsDeclaration, CustomsFormLimit
from checkout.documents.seed import load as load_rows
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.settlement.services import pay
from checkout.shipping.models import ShippingMethod
from microflight.core.pdf_document import Paper, render
from tests.checkout.conftest import token
from tests.checkout.fulfilment.helpers import action_url, shipment_data, snapshot
from tests.pdf_files import text_of_pdf
from tests.sourced import SOURCED
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db

PLANE = {"hs6": "950300", "hs10": "9503000090", "customs_description": "Model aircraft kit"}
ENTRY = CustomsEntry(phone="+1 716 555 0100", declaration_id="zn-1234567890 x")


@pytest.fixture
def abroad(order: Any, cart: Any, product: Any, stripe_double: Double) -> Any:
    """Make paid orders to a country: two Butterflies at 49.95 with 3.60 g each."""

    def make(country: str, zone: str, *, phone: str = "", **more: Any) -> Order:
        method = ShippingMethod.objects.filter(zones__zone__code=zone).order_by("position")[0]
        basket = cart((product("Butterfly", facts=PLANE | more.pop("facts", {})), 2))
        made = order(basket=basket, country=country, shipping_code=method.code, phone=phone, **more)
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


@pytest.fixture
def to_norway(abroad: Any) -> Order:
    return abroad("NO", "world", province="", city="Oslo", postcode="0150", phone="+4722334455")


@pytest.fixture
def to_buffalo(abroad: Any) -> Order:
    return abroad("US", "us", province="NY", city="Buffalo", postcode="14201")


def ship(order: Order, entry: CustomsEntry = CustomsEntry()) -> CustomsDeclaration:  # noqa: B008
    shipment = create_shipment(
        order=order, quantities={order.lines.get().pk: 2}, carrier="Canada Post",
        tracking_number="CP1", by=None, customs_entry=entry,
    )  # fmt: skip
    return CustomsDeclaration.objects.get(shipment=shipment)


def test_declaration_has_all_that_carriers_require(to_norway: Order) -> None:
    declaration = ship(to_norway)
    assert (declaration.reason, declaration.non_delivery) == ("sale", "return")
    assert declaration.declaration_id == ""
    content = declaration.content
    assert content["recipient"] == ["Dana Reyes", "12 Elm Street", "Oslo 0150", "Norway"]
    assert content["recipient_phone"] == "+47 22 33 44 55"
    assert content["items"] == [
        {
            "sku": to_norway.lines.get().partner_sku, "description": "Model aircraft kit",
            "quantity": 2, "unit_value": "49.95", "value": "99.90", "weight_g": "7.2",
            "hs_code": "950300", "origin": "CA", "cusma": False,
        }
    ]  # fmt: skip
    assert (content["currency"], content["total_value"], content["total_weight_g"]) == (
        "CAD", "99.90", "7.2",
    )  # fmt: skip


def test_us_parcel_has_ten_digits_and_the_declaration_id(to_buffalo: Order) -> None:
    declaration = ship(to_buffalo, ENTRY)
    assert declaration.declaration_id == "ZN1234567890X"
    assert declaration.content["items"][0]["hs_code"] == "9503000090"
    assert declaration.content["recipient_phone"] == "+1 716 555 0100"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Enter the Declaration ID: US duty is prepaid for each parcel."),
        ("ZN123456789", "“ZN123456789” is no Declaration ID"),
        ("ZN1234567890XY", "which has 13 letters and digits"),
        ("ZN12345678é0X", "“ZN12345678É0X” is no Declaration ID"),
        ("ZN1234567890\x00", "is no Declaration ID"),
    ],
)
def test_declaration_id_with_another_format_is_rejected(typed: str, message: str) -> None:
    with pytest.raises(CustomsIncomplete, match=message) as raised:
        normalized_declaration_id(typed)
    assert raised.value.field == "declaration_id"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"customs_description": ""}, "customs description"),
        ({"hs6": "", "hs10": ""}, "HS code"),
        ({"origin": None}, "country of origin"),
        ({"customs_value": 0}, "customs unit value (CAD)"),
    ],
)
def test_missing_fact_is_rejected_with_field_and_product(
    to_norway: Order, facts: dict[str, Any], field: str
) -> None:
    # Mutation: with declare() after capture_payment() the payment was captured.
    ProductFacts.objects.update(**facts)
    before = snapshot(to_norway)
    with pytest.raises(CustomsIncomplete) as raised:
        ship(to_norway)
    sku = to_norway.lines.get().partner_sku
    assert raised.value.texts == (
        f"Butterfly ({sku}): the {field} is missing. Enter it on the product’s page.",
    )
    assert snapshot(to_norway) == before
    assert to_norway.attempts.get().captured_cents == 0
    assert not CustomsDeclaration.objects.exists()


def test_every_missing_fact_is_named_at_once(to_buffalo: Order) -> None:
    ProductFacts.objects.update(customs_description="", hs10="", origin=None)
    with pytest.raises(CustomsIncomplete) as raised:
        ship(to_buffalo, ENTRY)
    assert [text.split("the ")[1].split(" is")[0] for text in raised.value.texts] == [
        "customs description", "country of origin", "US tariff code",
    ]  # fmt: skip


def test_description_in_another_script_is_rejected(to_norway: Order) -> None:
    ProductFacts.objects.update(customs_description="Модель")
    with pytest.raises(CustomsIncomplete, match="in English, in plain letters"):
        ship(to_norway)


def test_weight_and_phone_are_required(to_buffalo: Order) -> None:
    with pytest.raises(CustomsIncomplete, match="phone number") as raised:
        ship(to_buffalo, CustomsEntry(declaration_id="ZN1234567890X"))
    assert raised.value.field == "phone"
    type(to_buffalo.lines.get().product).objects.update(weight_g=0)
    with pytest.raises(CustomsIncomplete, match="the weight is missing"):
        ship(to_buffalo, ENTRY)


def test_customs_value_replaces_the_price(to_norway: Order) -> None:
    ProductFacts.objects.update(customs_value="12.50")
    item = ship(to_norway).content["items"][0]
    assert (item["unit_value"], item["value"]) == ("12.50", "25.00")


@pytest.mark.parametrize(
    ("facts", "claimed"),
    [
        ({"cusma": True, "cusma_evidence": "Certificate 7"}, True),
        ({"cusma": True, "cusma_evidence": ""}, False),
        (
            {"cusma": True, "cusma_evidence": "7", "cusma_expires_on": date(2020, 1, 1)},
            False,
        ),
    ],
)
def test_cusma_origin_is_claimed_only_with_valid_evidence(
    to_buffalo: Order, facts: dict[str, Any], claimed: bool
) -> None:
    ProductFacts.objects.update(**facts)
    declaration = ship(to_buffalo, ENTRY)
    assert declaration.content["items"][0]["cusma"] is claimed
    text = text_of_pdf(render(customs_form(declaration), Paper.LETTER))
    assert ("Originating goods under CUSMA" in text) is claimed


def test_domestic_shipment_has_no_declaration(order: Any, stripe_double: Double) -> None:
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    create_shipment(
        order=made, quantities={made.lines.get().pk: 1}, carrier="x", tracking_number="", by=None
    )
    assert not CustomsDeclaration.objects.exists()


@pytest.mark.parametrize(
    ("value", "weight_g", "form"),
    [
        ("500.00", "2000", "CN22"),
        ("500.01", "2000", "CN23"),
        ("500.00", "2000.5", "CN23"),
        ("0.01", "1", "CN22"),
    ],
)
def test_value_and_weight_decide_on_the_form(value: str, weight_g: str, form: str) -> None:
    load_rows()
    assert form_for(Decimal(value), Decimal(weight_g)) == form


def test_newest_limit_in_force_counts_and_none_means_cn23() -> None:
    assert form_for(Decimal(1), Decimal(1)) == "CN23"
    limits = [(date(2020, 1, 1), 500), (date(2021, 1, 1), 100), (date(2999, 1, 1), 900)]
    for day, value in limits:
        CustomsFormLimit.objects.create(starts_on=day, cn22_value=value, cn22_grams=2000, **SOURCED)
    assert form_for(Decimal(100), Decimal(1)) == "CN22"
    assert form_for(Decimal(101), Decimal(1)) == "CN23"


def test_form_of_a_shipment_is_frozen(to_norway: Order) -> None:
    load_rows()
    declaration = ship(to_norway)
    CustomsFormLimit.objects.all().delete()
    assert declaration.content["form"] == "CN22"
    assert "Customs declaration CN22" in text_of_pdf(render(customs_form(declaration), Paper.A4))


def test_form_prints_the_frozen_data_for_ever(to_norway: Order) -> None:
    declaration = ship(to_norway)
    before = render(customs_form(declaration), Paper.A4)
    ProductFacts.objects.update(customs_description="Changed", hs6="999999")
    to_norway.shipping_address.line1 = "Changed"
    to_norway.shipping_address.save()
    again = CustomsDeclaration.objects.get(pk=declaration.pk)
    assert render(customs_form(again), Paper.A4) == before
    text = text_of_pdf(before)
    assert "Model aircraft kit 2 7.2 49.95 99.90 950300 CA" in text
    assert "Reason for export Sale of goods" in text
    assert "If it cannot be delivered Return to sender" in text
    assert "Total value (CAD) 99.90" in text


@pytest.mark.usefixtures("needs_postgres")
def test_postgres_rejects_changes_by_plain_sql(to_norway: Order) -> None:
    ship(to_norway)
    for sql in (
        "UPDATE documents_customsdeclaration SET declaration_id = 'x'",
        "DELETE FROM documents_customsdeclaration",
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            connection.cursor().execute(sql)


# --- Admin ---


def test_staff_enter_customs_data_with_the_shipment(staff: Client, to_buffalo: Order) -> None:
    page = staff.get(action_url(to_buffalo, "ship")).content.decode()
    assert "Declaration ID" in page
    data = shipment_data(
        to_buffalo, 2, phone="+1 716 555 0100", reason="gift", non_delivery="abandon",
        declaration_id="ZN1234567890X",
    )  # fmt: skip
    staff.post(action_url(to_buffalo, "ship"), data)
    declaration = CustomsDeclaration.objects.get()
    assert (declaration.reason, declaration.non_delivery) == ("gift", "abandon")
    url = f"/admin/order/order/shipments/{declaration.shipment_id}/customs-form/"
    page = staff.get(f"/admin/order/order/{to_buffalo.pk}/change/").content.decode()
    assert f'<a href="{url}">Customs form (PDF)</a>' in page
    assert "Declaration ID ZN1234567890X" in text_of_pdf(staff.get(url).content)


def test_mistyped_declaration_id_is_marked_at_its_field(staff: Client, to_buffalo: Order) -> None:
    before = snapshot(to_buffalo)
    data = shipment_data(
        to_buffalo, 2, phone="1", reason="sale", non_delivery="return", declaration_id="ZN12"
    )
    response = staff.post(action_url(to_buffalo, "ship"), data)
    assert response.context["form"].errors["declaration_id"] == [
        "“ZN12” is no Declaration ID, which has 13 letters and digits."
    ]
    assert snapshot(to_buffalo) == before


def test_missing_facts_are_shown_on_the_form(staff: Client, to_norway: Order) -> None:
    ProductFacts.objects.update(hs6="", hs10="")
    page = staff.get(action_url(to_norway, "ship")).content.decode()
    assert "Declaration ID" not in page
    assert 'value="+47 22 33 44 55"' in page
    data = shipment_data(to_norway, 2, phone="1", reason="sale", non_delivery="return")
    response = staff.post(action_url(to_norway, "ship"), data)
    assert "the HS code is missing. Enter it on the product’s page." in response.content.decode()
    assert not CustomsDeclaration.objects.exists()
