"""Random orders: lines add up to the total, and refunds in any order end at it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.users.models import User
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.allocation import (
    OTHER,
    Shares,
    add_shares,
    charged_shares,
    item_shares,
    refundable_shares,
    refunded_shares,
    shipping_shares,
)
from checkout.refunds.recording import allocate_refund
from checkout.shipping.models import ShippingRule
from checkout.tax.models import TaxExemption, TaxOnShipping, TaxRegistration
from microflight.core.money import rounded, to_cents
from tests.sourced import SOURCED

#: Province, postal code, component and rate of each tax (rules.md, 2026).
PLACES = {
    "SK": ("S7K 1A1", {"GST": "0.05", "PST": "0.06"}),
    "QC": ("H2X 1Y4", {"GST": "0.05", "QST": "0.09975"}),
    "ON": ("K1A 0B1", {"HST": "0.13"}),
}
LINES = st.lists(st.tuples(st.integers(1, 99_999), st.integers(1, 5)), min_size=1, max_size=5)


@pytest.fixture
def in_quebec(shop: None) -> None:
    """Register the shop in Quebec, too, and ship there."""
    ShippingRule.objects.all().delete()
    TaxRegistration.objects.create(
        jurisdiction="QC", number="1234567890TQ0001", starts_on=date(2020, 1, 1), **SOURCED
    )


@pytest.fixture
def place(in_quebec: None, order: Any, product: Any, cart: Any, alice: User) -> Any:
    """Place Alice's orders: cents and quantities of the lines, a province, the components that are
    not charged on shipping, and the jurisdictions that do not tax her."""

    def make(lines: list[tuple[int, int]], province: str, off: set[str], exempt: set[str]) -> Order:
        TaxOnShipping.objects.update(taxed=True)
        TaxOnShipping.objects.filter(component__in=off).update(taxed=False)
        TaxExemption.objects.all().delete()
        TaxExemption.objects.bulk_create(
            TaxExemption(
                user=alice, jurisdiction=each, certificate="C1", starts_on=date(2020, 1, 1),
                ends_on=date(2089, 1, 1),
            )
            for each in exempt
        )  # fmt: skip
        wanted = [
            (product(f"P{number}", price=str(Decimal(cents) / 100), weight="1"), quantity)
            for number, (cents, quantity) in enumerate(lines)
        ]
        Order.objects.update(status="expired")  # unpaid orders are limited
        postcode, _rates = PLACES[province]
        return order(
            basket=cart(*wanted, owner=alice), user=alice, province=province, postcode=postcode
        )

    return make


def expected_taxes(order: Order, province: str, off: set[str], exempt: set[str]) -> dict[str, int]:
    """Return the cents of each tax, calculated from the rates above."""
    found = {}
    for component, rate in PLACES[province][1].items():
        if ("CA" if component in ("GST", "HST") else province) in exempt:
            continue
        base = order.total_excl_tax - (order.shipping_excl_tax if component in off else 0)
        found[component] = to_cents(rounded(base * Decimal(rate)))
    return found


def by_component(shares: Shares) -> dict[str, int]:
    totals: dict[str, int] = {}
    for share, cents in shares.items():
        totals[share.component] = totals.get(share.component, 0) + cents
    return totals


def refund(order: Order, wanted: Shares, cents: int) -> None:
    """Record a refund as Stripe's answer does."""
    attempt = order.attempts.get()
    number = Transaction.objects.count()
    row = Transaction.objects.create(
        attempt=attempt, type="refund", amount_cents=cents, stripe_id=f"re_{number}"
    )
    allocate_refund(row, wanted)
    assert sum(each.cents for each in row.allocations.all()) == cents


def refund_everything(order: Order, data: Any) -> None:
    """Refund units, shipping and free amounts, in any order, and then the rest."""
    parts = [(line.pk, unit) for line in order.lines.all() for unit in range(line.quantity)]
    parts += [("shipping", 0), ("free", 0), ("free", 1)]
    for what, unit in data.draw(st.permutations(parts)):
        left = refundable_shares(order)
        if what == "free":
            wanted, cents = {}, min(sum(left.values()), data.draw(st.integers(1, 3_000)))
        else:
            wanted = (
                shipping_shares(left)
                if what == "shipping"
                else item_shares(order, {what: (unit, 1)})
            )
            cents = min(sum(left.values()), sum(wanted.values()))
        if cents:
            refund(order, wanted, cents)
    if rest := sum(refundable_shares(order).values()):
        refund(order, {}, rest)


SLOW = settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.mark.promise("fair-share", "taxes-by-line")
@SLOW
@given(
    lines=LINES,
    province=st.sampled_from(sorted(PLACES)),
    off=st.sets(st.sampled_from(["GST", "HST", "PST", "QST"])),
    exempt=st.sets(st.sampled_from(["CA", "SK", "QC"])),
    data=st.data(),
)
def test_lines_and_refunds_add_up_to_the_total(
    place: Any, lines: Any, province: str, off: set[str], exempt: set[str], data: Any
) -> None:
    # Mutation: with `on_shipping` ignored in `taxes_on` or by the tax lines, it fails
    order = place(lines, province, off, exempt)
    charged = charged_shares(order)
    total = to_cents(order.total_incl_tax)
    assert sum(charged.values()) == total
    taxes = {name: cents for name, cents in by_component(charged).items() if name}
    assert taxes == expected_taxes(order, province, off, exempt)
    assert {share.component for share in shipping_shares(charged)} == {""} | (set(taxes) - off)
    units = {line.pk: (0, line.quantity) for line in order.lines.all()}
    assert add_shares(item_shares(order, units), shipping_shares(charged)) == charged
    refund_everything(order, data)
    refunded = refunded_shares(order)
    assert OTHER not in refunded
    assert refunded == {share: cents for share, cents in charged.items() if cents}
