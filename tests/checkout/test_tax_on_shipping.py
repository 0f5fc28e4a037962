"""The switch for tax on shipping, by component and province."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.placement.quote import make_quote
from checkout.refunds.allocation import refundable_shares
from checkout.settlement.services import pay
from checkout.tax.models import TaxOnShipping
from microflight.core.money import to_cents
from tests.admin_forms import open_form
from tests.checkout.conftest import token
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double


@pytest.fixture
def no_pst_on_shipping(shop: None) -> None:
    """Turn the switch of Saskatchewan's PST off."""
    TaxOnShipping.objects.filter(province="SK", component="PST").update(taxed=False)


@pytest.fixture
def shipped(
    no_pst_on_shipping: None, order: Any, cart: Any, product: Any, stripe_double: Double
) -> Order:
    """Shipped and paid: three Butterflies at 33.33, one Ladybird at 19.99, shipping 11.50.

    GST 5% of 131.48 is 6.57, PST 6% of 119.98 is 7.20; total 145.25.
    """
    made = order(basket=cart((product(price="33.33"), 3), product("Ladybird", price="19.99")))
    pay(order=made, confirmation_token=token(stripe_double))
    ship(made)
    return Order.objects.get(pk=made.pk)


def test_seed_has_a_switch_for_each_tax_of_each_province(shop: None) -> None:
    on = TaxOnShipping.objects.filter(taxed=True)
    assert on.count() == TaxOnShipping.objects.count() == 17  # 13 provinces, 4 with two taxes
    confirmed = on.filter(confirmed=True).values_list("province", "component")
    assert set(confirmed) == {("BC", "PST"), ("MB", "PST")}


def test_switched_off_component_is_charged_on_items_only(
    no_pst_on_shipping: None, product: Any, cart: Any
) -> None:
    # Mutation: with the rate's `on_shipping` ignored, PST is 6.68 of 111.40
    basket = cart((product(price="49.95"), 2))
    quote = make_quote(basket, country="CA", province="SK", shipping_code="ca-parcel")
    assert [(tax.name, tax.base, tax.amount, tax.shares[-1]) for tax in quote.taxes] == [
        ("GST", Decimal("111.40"), Decimal("5.57"), Decimal("0.57")),
        ("PST", Decimal("99.90"), Decimal("5.99"), Decimal("0.00")),  # 5.994
    ]
    assert (quote.total, quote.adds_up) == (Decimal("122.96"), True)


def test_switch_of_one_province_leaves_others(product: Any, cart: Any) -> None:
    TaxOnShipping.objects.filter(province="ON").update(taxed=False)
    basket = cart(product(price="50.00"))
    amounts = [
        make_quote(basket, country="CA", province=province, shipping_code="ca-parcel").tax_total
        for province in ("ON", "NB", "SK")
    ]
    # 50.00 x 13%; 61.50 x 15% = 9.225; 61.50 x 5% = 3.075, x 6% = 3.69
    assert amounts == [Decimal("6.50"), Decimal("9.23"), Decimal("6.77")]


def test_order_has_no_tax_line_of_the_component_on_shipping(shipped: Order) -> None:
    rows = shipped.tax_lines.order_by("pk").values_list("component", "line__title", "amount")
    assert [(name, line, str(amount)) for name, line, amount in rows] == [
        ("GST", "Butterfly", "5.00"), ("GST", "Ladybird", "1.00"), ("GST", None, "0.57"),
        ("PST", "Butterfly", "6.00"), ("PST", "Ladybird", "1.20"),
    ]  # fmt: skip
    assert shipped.shipping_incl_tax == Decimal("12.07")
    assert shipped.total_incl_tax == Decimal("145.25")
    assert shipped.attempts.get().captured_cents == 14525


def test_free_refund_takes_nothing_of_a_tax_that_shipping_does_not_have(shipped: Order) -> None:
    refund = refund_order(order=shipped, cents=1000, reason="Bent wing", by=None)
    parts = {
        f"{part.line.title if part.line else part.type} {part.component}".strip(): part.cents
        for part in refund.allocations.select_related("line")
    }
    assert parts == {
        "Butterfly": 688, "Ladybird": 138, "shipping": 79,
        "Butterfly GST": 34, "Ladybird GST": 7, "shipping GST": 4,
        "Butterfly PST": 42, "Ladybird PST": 8,
    }  # fmt: skip


def test_refund_of_the_rest_ends_at_the_total(shipped: Order) -> None:
    for cents in (1, 4999, 3, 14525 - 5003):
        refund_order(order=shipped, cents=cents, reason="Bent wing", by=None)
    assert set(refundable_shares(shipped).values()) == {0}
    paid_back = shipped.attempts.get().transactions.filter(type="refund")
    assert sum(each.amount_cents for each in paid_back) == to_cents(shipped.total_incl_tax)


def test_switch_is_changed_in_the_admin(staff: Client, shop: None) -> None:
    row = TaxOnShipping.objects.get(province="SK", component="PST")
    url = reverse("admin:tax_taxonshipping_change", args=[row.pk])
    data = open_form(staff, url)
    del data["taxed"]
    assert staff.post(url, data | {"source": "PST-5", "confirmed": "on"}).status_code == 302
    row.refresh_from_db()
    assert (row.taxed, row.source, row.confirmed) == (False, "PST-5", True)


def test_second_switch_of_a_component_is_rejected(staff: Client, shop: None) -> None:
    data = {
        "province": "SK", "component": "PST", "taxed": "on", "source": "PST-5",
        "source_date": "2026-11-30", "check_again_on": "2027-03-01",
    }  # fmt: skip
    page = staff.post(reverse("admin:tax_taxonshipping_add"), data).content.decode()
    assert "Tax on shipping with this Province and Component already exists." in page
    assert TaxOnShipping.objects.count() == 17
