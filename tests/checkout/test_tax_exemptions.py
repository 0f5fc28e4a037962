"""Exempt customers, exports, pickup, and the day whose rates apply."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.basket.services import add_product
from checkout.order import errors
from checkout.order.models import Order
from checkout.placement.drafts import create_draft, draft_basket, locked_draft, write_draft
from checkout.placement.quote import make_quote
from checkout.placement.services import place_order
from checkout.settlement.services import pay
from checkout.tax.models import OrderExemption, TaxExemption, TaxRate
from checkout.tax.services import supply_on
from tests.checkout.conftest import quote_for, token
from tests.checkout.returns.helpers import ship
from tests.sourced import SOURCED
from tests.stripe_double.control import Double

ADD = reverse("admin:tax_taxexemption_add")
DAY = date(2026, 11, 30)


@pytest.fixture
def exempt(alice: User) -> TaxExemption:
    """Alice is exempt from Saskatchewan's PST until the end of 2026."""
    return TaxExemption.objects.create(
        user=alice, jurisdiction="SK", certificate="F-2231", starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )  # fmt: skip


def taxes(basket: Any, country: str = "CA", province: str = "SK") -> list[str]:
    code = "ca-parcel" if country == "CA" else "us-parcel"
    quote = make_quote(basket, country=country, province=province, shipping_code=code)
    assert quote.adds_up
    assert quote.complete
    return [f"{tax.name} {tax.amount}" for tax in quote.taxes]


@pytest.mark.parametrize(
    ("now", "charged"),  # in Saskatoon, 06:00 UTC is midnight
    [
        ("2026-01-01T05:59:00Z", ["GST 3.08", "PST 3.69"]),  # 61.50 x 5% = 3.075, x 6%
        ("2026-01-01T06:00:00Z", ["GST 3.08"]),
        ("2027-01-01T05:59:00Z", ["GST 3.08"]),
        ("2027-01-01T06:00:00Z", ["GST 3.08", "PST 3.69"]),
    ],
)
def test_exemption_applies_from_its_first_to_its_last_day(
    now: str, charged: list[str], exempt: TaxExemption, product: Any, cart: Any
) -> None:
    # Mutation: without `ends_on__gte`, the last one has no PST
    with time_machine.travel(now, tick=False):
        assert taxes(cart(product(price="50.00"), owner=exempt.user)) == charged


def test_exemption_is_of_one_account_and_jurisdiction(
    exempt: TaxExemption, bob: User, product: Any, cart: Any
) -> None:
    plane = product(price="50.00")
    assert taxes(cart(plane, owner=bob)) == ["GST 3.08", "PST 3.69"]
    assert taxes(cart(plane)) == ["GST 3.08", "PST 3.69"]
    assert taxes(cart(plane, owner=exempt.user), province="ON") == ["HST 8.00"]  # 7.995
    TaxExemption.objects.update(jurisdiction="CA")
    assert taxes(cart(plane, owner=exempt.user)) == ["PST 3.69"]
    assert taxes(cart(plane, owner=exempt.user), province="ON") == []


def test_guest_with_the_email_of_an_exempt_account_pays(exempt: TaxExemption, order: Any) -> None:
    made = order(email=exempt.user.email)
    assert {row.component for row in made.tax_lines.all()} == {"GST", "PST"}
    assert not OrderExemption.objects.exists()


def test_order_records_the_certificate(exempt: TaxExemption, order: Any) -> None:
    made = order(user=exempt.user)
    assert {row.component for row in made.tax_lines.all()} == {"GST"}
    (row,) = made.tax_exemptions.all()
    assert (row.component, row.province, row.rate, row.certificate) == (
        "PST", "SK", Decimal("0.06"), "F-2231",
    )  # fmt: skip
    exempt.delete()
    assert made.tax_exemptions.get().certificate == "F-2231"


def test_exemption_that_expires_during_checkout_is_shown_before_payment(
    exempt: TaxExemption, product: Any, cart: Any, details: Any
) -> None:
    basket = cart(product(price="50.00"), owner=exempt.user)
    with time_machine.travel("2027-01-01T05:59:00Z", tick=False):
        shown = quote_for(basket, details)
    with (
        time_machine.travel("2027-01-01T06:00:00Z", tick=False),
        pytest.raises(errors.CartChanged) as changed,
    ):
        place_order(basket=basket, details=details, fingerprint=shown.fingerprint, user=exempt.user)
    assert [str(tax.amount) for tax in changed.value.quote.taxes] == ["3.08", "3.69"]
    assert not Order.objects.exists()


def test_exempt_jurisdiction_without_registration_is_not_recorded(
    exempt: TaxExemption, order: Any
) -> None:
    """Nothing would have been collected there."""
    TaxExemption.objects.update(jurisdiction="BC")
    made = order(user=exempt.user, province="BC", postcode="V6B 1A1", city="Vancouver")
    assert {row.component for row in made.tax_lines.all()} == {"GST"}
    assert not made.tax_exemptions.exists()


def test_staff_order_for_an_exempt_customer_records_the_certificate_once(
    exempt: TaxExemption, details: Any, product: Any, charlie: User
) -> None:
    # Mutation: with the account of staff, who entered it, PST is charged
    draft = create_draft(details=details, channel="phone", by=charlie, user=exempt.user)
    add_product(
        basket=draft_basket(draft), product_id=product(price="50.00").pk, quantity=1, user=charlie
    )
    for _ in range(2):
        with transaction.atomic():
            write_draft(locked_draft(draft))
    assert {row.component for row in draft.tax_lines.all()} == {"GST"}
    assert [row.certificate for row in draft.tax_exemptions.all()] == ["F-2231"]


FORM = {
    "jurisdiction": "SK", "certificate": "F-9", "starts_on": "2026-06-01", "ends_on": "2027-05-31"
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "On some of these days, “Saskatchewan (PST): F-2231” is valid, too."),
        ({"starts_on": "2027-01-01", "ends_on": "2026-12-31"}, "Enter a day after the first day."),
        ({"starts_on": "2027-01-01", "ends_on": ""}, "This field is required."),
        ({"starts_on": "2027-01-01", "certificate": ""}, "This field is required."),
        ({"starts_on": "2027-01-01", "user": "999999"}, "Select a valid choice."),
    ],
)
def test_bad_exemption_is_rejected(
    changes: dict[str, str], error: str, staff: Client, exempt: TaxExemption
) -> None:
    page = staff.post(ADD, {"user": exempt.user_id, **FORM, **changes}).content.decode()
    assert error in page
    assert TaxExemption.objects.count() == 1


def test_next_certificate_follows_the_last_one(staff: Client, exempt: TaxExemption) -> None:
    data = {"user": exempt.user_id, **FORM, "starts_on": "2027-01-01"}
    assert staff.post(ADD, data).status_code == 302
    assert TaxExemption.objects.count() == 2


# --- Place of supply -----------------------------------------------------------------------------


@pytest.mark.promise("no-tax-abroad")
def test_export_is_zero_rated(product: Any, cart: Any) -> None:
    assert taxes(cart(product()), "US", "NY") == []


@pytest.mark.parametrize(("country", "province"), [("US", "NY"), ("DE", ""), ("CA", "ON")])
def test_pickup_is_supplied_in_saskatchewan(shop: None, country: str, province: str) -> None:
    supply = supply_on(DAY, country=country, province=province, pickup=True)
    assert (supply.country, supply.province) == ("CA", "SK")
    assert [(rate.component, rate.rate) for rate in supply.rates] == [
        ("GST", Decimal("0.05")), ("PST", Decimal("0.06")),
    ]  # fmt: skip


def test_foreign_customer_who_picks_up_pays_the_taxes_of_saskatchewan(
    order: Any, product: Any
) -> None:
    # Mutation: without `pickup` in `_supply`, it is a zero-rated export
    made = order(product(price="50.00"), country="US", province="NY", shipping_code="pickup")
    assert (made.supply_country, made.supply_province) == ("CA", "SK")
    taxed = {(row.component, row.province, str(row.amount)) for row in made.tax_lines.all()}
    assert {("GST", "SK", "2.50"), ("PST", "SK", "3.00")} <= taxed
    assert made.total_incl_tax == Decimal("55.50")


# --- The day of payment --------------------------------------------------------------------------


def test_held_order_keeps_the_rate_of_the_day_it_was_placed(
    order: Any, product: Any, cart: Any, stripe_double: Double
) -> None:
    """CRA Notice 342: the earlier of payable and paid decides, not the day of delivery."""
    with time_machine.travel("2027-01-01T05:30:00Z"):  # 31 December in Saskatoon
        made = order(basket=cart(product(price="50.00")))
        pay(order=made, confirmation_token=token(stripe_double))
    Order.objects.filter(pk=made.pk).update(on_hold=True)
    old = TaxRate.objects.filter(province="SK", component="PST")
    old.update(ends_on=date(2026, 12, 31))
    TaxRate.objects.create(
        province="SK", component="PST", rate=Decimal("0.07"), starts_on=date(2027, 1, 1), **SOURCED
    )
    with time_machine.travel("2027-01-04T18:00:00Z"):
        Order.objects.filter(pk=made.pk).update(on_hold=False)
        ship(made)
        rates = made.tax_lines.filter(component="PST").values_list("rate", "amount")
        # 61.50 x 6% = 3.69: 3.00 on the item, 0.69 on shipping
        assert list(rates) == [
            (Decimal("0.06"), Decimal("3.00")), (Decimal("0.06"), Decimal("0.69"))
        ]  # fmt: skip
        assert made.attempts.get().captured_cents == 6827  # 61.50 + 3.08 + 3.69
        assert taxes(cart(product(price="50.00"))) == ["GST 3.08", "PST 4.31"]  # 4.305
