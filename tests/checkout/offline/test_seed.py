"""The demo orders."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.deadlines import seed as delay_rules
from checkout.deadlines.models import DelayNotice
from checkout.documents.models import IssuedDocument
from checkout.fulfilment.holds import release_held_orders
from checkout.offline.seed import AIRPLANES, BACKORDERED, CELL, load_demo_orders
from checkout.order.models import Order
from microflight.core.money import to_cents
from policies.opening.models import AwayPeriod

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


@pytest.fixture
def demo_orders(
    product: Any, charlie: User, django_capture_on_commit_callbacks: Any
) -> dict[str, Order]:
    """Load them twice; return each by the first name of its customer."""
    delay_rules.load()
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today, reopens_on=today + timedelta(days=90), text="Closed.", active=False
    )
    soon = {"stock": 0, "backorder": True, "expected_on": today + timedelta(days=40)}
    wanted = {AIRPLANES[0]: {}, AIRPLANES[1]: {}, BACKORDERED: soon, CELL: {"battery": "loose"}}
    for sku, details in wanted.items():
        StockRecord.objects.filter(product=product(sku, **details)).update(partner_sku=sku)
    with django_capture_on_commit_callbacks(execute=True):  # which issues documents
        load_demo_orders()
    load_demo_orders()
    return {each.customer_address.first_name: each for each in Order.objects.all()}


def test_orders_are_loaded_once_in_their_states(demo_orders: dict[str, Order]) -> None:
    assert Order.objects.count() == 6
    assert {name: each.status for name, each in demo_orders.items()} == {
        "Marguerite": "pending",
        "Otto": "draft",
        "Gwen": "placed",
        "Henry": "placed",
        "Irene": "placed",
        "Jonah": "placed",
    }
    assert demo_orders["Marguerite"].hold_reason == "Waits for her cheque"
    assert demo_orders["Otto"].shipping_code == ""  # no service takes a loose cell to Germany


def test_waiting_orders_go_on_hold_when_staff_switch_the_period_on(
    demo_orders: dict[str, Order],
) -> None:
    period = AwayPeriod.objects.get()
    assert (period.active, period.starts_on) == (False, timezone.localdate())
    release_held_orders()
    assert not Order.objects.filter(on_hold=True).exists()
    AwayPeriod.objects.update(active=True)
    release_held_orders()
    held = Order.objects.filter(on_hold=True)
    assert set(held) == {demo_orders["Gwen"], demo_orders["Henry"]}


def test_delayed_order_has_a_notice_with_its_deadline(demo_orders: dict[str, Order]) -> None:
    notice = DelayNotice.objects.get()
    assert notice.order == demo_orders["Irene"]
    assert notice.promised_on == demo_orders["Irene"].ships_by
    assert notice.refund_on == notice.promised_on + timedelta(days=30)


def test_refunded_order_has_invoice_and_credit_note(demo_orders: dict[str, Order]) -> None:
    documents = IssuedDocument.objects.filter(order=demo_orders["Jonah"]).order_by("pk")
    total = to_cents(demo_orders["Jonah"].total_incl_tax)
    issued = sorted((each.type, each.total_cents) for each in documents)
    assert issued == [("credit-note", 500), ("invoice", total)]
