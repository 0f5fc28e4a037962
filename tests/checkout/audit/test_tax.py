"""Totals and taxes that are a cent off."""

from decimal import Decimal
from typing import Any

import pytest

from checkout.audit.checks.tax import DIFFERS, TOTAL_CHANGED
from checkout.order.models import Order
from checkout.tax.models import TaxOnShipping
from tests.checkout.audit.helpers import breaches, sql
from tests.stripe_double.control import Double


@pytest.fixture
def taxed(paid: Any, stripe_double: Double) -> Order:
    """A paid order of 119.89 CAD and shipping, with GST and PST."""
    return paid()


def test_wrong_order_total_is_a_breach(taxed: Order):
    sql("UPDATE order_order SET total_incl_tax = 145.85")
    assert breaches() == [
        f"order {taxed.number}: Its payment is for 145.84 CAD, but the order total is 145.85 CAD. "
        "Find out which amount the customer agreed to, and refund the difference.",
        f"order {taxed.number}: Its total is 145.85 CAD (131.39 CAD before tax), but lines "
        f"119.89 CAD, shipping 11.50 CAD and taxes 14.45 CAD add up to 145.84 CAD. "
        f"{TOTAL_CHANGED}",
    ]


def test_wrong_line_tax_is_a_breach(taxed: Order):
    line = taxed.lines.order_by("pk")[0]
    sql(
        "UPDATE order_line SET line_price_incl_tax = line_price_incl_tax + 0.01 WHERE id = %s",
        line.pk,
    )
    tax = line.line_price_incl_tax - line.line_price_excl_tax
    assert tax == Decimal("10.99")
    assert breaches() == [
        f"order {taxed.number}: {line.partner_sku} has 11.00 CAD of tax, but its tax lines "
        f"add up to 10.99 CAD. {DIFFERS}"
    ]


def test_wrong_shipping_tax_is_a_breach(taxed: Order):
    sql("UPDATE order_order SET shipping_incl_tax = shipping_incl_tax - 0.01")
    assert breaches() == [
        f"order {taxed.number}: Shipping has 1.25 CAD of tax, but its tax lines add up to "
        "1.26 CAD. "
        f"{DIFFERS}"
    ]


def test_wrong_tax_base_is_a_breach(taxed: Order):
    line = taxed.lines.order_by("pk")[0]
    sql("UPDATE tax_taxline SET base = 99.89 WHERE line_id = %s AND component = 'GST'", line.pk)
    sql("UPDATE tax_taxline SET base = 11.51 WHERE line_id IS NULL AND component = 'PST'")
    assert breaches() == [
        f"order {taxed.number}: GST was charged on 99.89 CAD of {line.partner_sku}, which costs "
        f"99.90 CAD. {DIFFERS}",
        f"order {taxed.number}: PST was charged on 11.51 CAD of shipping, which costs 11.50 CAD. "
        f"{DIFFERS}",
    ]


def test_wrong_tax_amount_is_a_breach(taxed: Order):
    sql("UPDATE tax_taxline SET rate = 0.06001 WHERE component = 'PST'")
    assert breaches() == []  # still the same cent
    sql("UPDATE tax_taxline SET rate = 0.0605 WHERE component = 'PST'")
    assert breaches() == [
        f"order {taxed.number}: PST is 7.88 CAD, but 6.05% of 131.39 CAD is 7.95 CAD. {DIFFERS}"
    ]


def test_half_a_cent_of_tax_is_rounded_up(
    paid: Any, product: Any, cart: Any, stripe_double: Double
):
    order = paid(cart(product(price="38.60")))  # with delivery 50.10: GST 2.505, PST 3.006
    assert [str(row.amount) for row in order.tax_lines.filter(line=None)] == ["0.58", "0.69"]
    assert breaches() == []


def test_order_that_never_added_up_is_not_called_changed(taxed: Order):
    """The payment is for the same total: nothing says that the order was changed later."""
    line = taxed.lines.order_by("pk")[0]
    sql(
        "UPDATE order_line SET line_price_excl_tax = line_price_excl_tax - 5, "
        "line_price_incl_tax = line_price_incl_tax - 5, line_price_before_discounts_excl_tax = "
        "line_price_before_discounts_excl_tax - 5 WHERE id = %s",
        line.pk,
    )
    total = next(each for each in breaches() if "Its total" in each)
    assert total.endswith(f"add up to 140.84 CAD. {DIFFERS}")


def test_tax_that_shipping_does_not_have_is_calculated_without_it(
    paid: Any, product: Any, cart: Any, stripe_double: Double
):
    # Mutation: with the total before tax as base of all, PST of 2.32 would be 3.01
    TaxOnShipping.objects.filter(province="SK", component="PST").update(taxed=False)
    order = paid(cart(product(price="38.60")))  # PST 6% of 38.60: 2.316
    assert [row.amount for row in order.tax_lines.filter(component="PST")] == [Decimal("2.32")]
    assert breaches() == []
