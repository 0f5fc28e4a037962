"""A sample order and its emails. Other packages use `sample_order` and `sample_summary`."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from oscar.apps.address.models import Country

from accounts.mail.samples import sample_for
from checkout.order.models import Line, Order, OrderDiscount, ShippingAddress, ShippingEvent
from checkout.order.order_summary import TaxTotal
from checkout.order.states import OrderState
from checkout.shipping.dates import Promise

NUMBER = "100017"
REASON = "Discontinued by the manufacturer."


def sample_order() -> Order:
    """Return an order from Saskatoon for 168.72 CAD that is not saved."""
    order = Order(
        number=NUMBER,
        guest_email="dana@example.com",
        status=OrderState.PLACED,
        currency="CAD",
        total_excl_tax=Decimal("152.00"),
        total_incl_tax=Decimal("168.72"),
        shipping_excl_tax=Decimal("8.50"),
        shipping_incl_tax=Decimal("9.44"),
        shipping_method="Tracked packet",
        shipping_code="ca-packet",
        date_placed=datetime(2026, 11, 20, 18, tzinfo=UTC),
    )
    order.is_pickup = False
    return order


def sample_lines() -> list[Line]:
    """Return an airplane and three of its batteries."""
    lines = []
    for sku, title, quantity, price in (
        ("MF-DRAGONFLY", "Dragonfly 3.6 g, ready to fly", 1, "129.00"),
        ("MF-LIPO-10", "LiPo cell 10 mAh & plug", 3, "6.50"),
    ):
        amount = Decimal(price) * quantity
        line: Any = Line(
            title=title,
            partner_sku=sku,
            quantity=quantity,
            unit_price_excl_tax=Decimal(price),
            line_price_before_discounts_excl_tax=amount,
        )
        line.note = ""
        lines.append(line)
    return lines


def sample_address() -> ShippingAddress:
    return ShippingAddress(
        first_name="Dana",
        last_name="Moth",
        line1="12 Elevator Rd",
        line4="Saskatoon",
        state="SK",
        postcode="S7H 0S3",
        country=Country(pk="CA", printable_name="Canada"),
        notes="Ring twice.",
    )


def sample_summary() -> dict[str, Any]:
    """Return the sample order as `order_summary` returns an order."""
    return {
        "order": sample_order(),
        "state": OrderState.PLACED,
        "state_label": OrderState.PLACED.label,
        "lines": sample_lines(),
        "arrival": Promise(
            date(2026, 11, 24), date(2026, 11, 24), date(2026, 11, 27), date(2026, 12, 3)
        ),
        "ready": True,
        "waits": False,
        "backordered": False,
        "discounts": [OrderDiscount(offer_name="$5 off the first flight", amount=Decimal("5.00"))],
        "taxes": [
            TaxTotal("GST 5%", Decimal("7.60"), "123456782RT0001"),
            TaxTotal("PST 6%", Decimal("9.12"), "1234567"),
        ],
        "exemptions": [],
        "landed_cost": None,
        "address": sample_address(),
        "customer": sample_address(),
    }


def status_page() -> str:
    return settings.SITE_URL + reverse("orders:status", args=[NUMBER, "sample-of-a-signed-link"])


def admin_page() -> str:
    return settings.SITE_URL + reverse("admin:order_order_changelist")


@sample_for("order-confirmed")
def confirmed() -> dict[str, Any]:
    """The order is placed, and one policy was accepted."""
    url = settings.SITE_URL + "/policies/payment/"
    policies = [{"title": "Payment methods", "number": "2", "url": url}]
    extra = {"status_url": status_page(), "policies": policies, "offline_method": ""}
    return {**sample_summary(), **extra}


@sample_for("order-for-staff")
def for_staff() -> dict[str, Any]:
    return {
        **sample_summary(),
        "status_url": status_page(),
        "admin_url": admin_page(),
        "items": 4,
        "offline_method": "",
        "reply_to": "dana@example.com",
    }


@sample_for("hold-released")
def hold_released() -> dict[str, Any]:
    """The shop reopened."""
    airplane, _cells = sample_lines()
    items = [(1, airplane, "")]
    return {"order": sample_order(), "remaining_items": items, "status_url": status_page()}


@sample_for("shipment-sent")
def shipped() -> dict[str, Any]:
    """The airplane and two batteries were shipped; one battery is still to come."""
    airplane, cells = sample_lines()
    event = ShippingEvent(carrier="Canada Post", tracking_number="7035 1148 0096")
    return {
        "order": sample_order(),
        "address": sample_address(),
        "event": event,
        "contents": [{"quantity": 1, "line": airplane}, {"quantity": 2, "line": cells}],
        "tracking_url": "https://www.canadapost-postescanada.ca/track-reperage/en",
        "corrected": False,
        "pickup_at": "",
        "more_to_ship": True,
        "remaining_items": [(1, cells, "expected on December 4")],
        "status_url": status_page(),
    }


@sample_for("items-cancelled")
def items_cancelled() -> dict[str, Any]:
    """One battery was cancelled."""
    airplane, cells = sample_lines()
    return {
        "order": sample_order(),
        "rows": [{"quantity": 1, "line": cells}],
        "reason": REASON,
        "amount": Decimal("7.22"),
        "refunded": False,
        "charged": False,
        "due": Decimal("161.50"),
        "remaining_items": [(1, airplane, "")],
        "status_url": status_page(),
    }


@sample_for("order-cancelled")
def cancelled() -> dict[str, Any]:
    """The whole order was cancelled."""
    extra = {"status_url": status_page(), "reason": REASON, "charged": False, "authorized": True}
    extra |= {"offline_method": ""}
    return {**sample_summary(), **extra}


@sample_for("order-refunded")
def refunded() -> dict[str, Any]:
    """A second partial refund."""
    return {
        "order": sample_order(),
        "amount": Decimal("19.50"),
        "refunded": Decimal("26.72"),
        "reason": "Return R100017-1",
        "offline_method": "",
        "status_url": status_page(),
    }


@sample_for("order-link")
def link() -> dict[str, Any]:
    """The customer requested the link to the order page."""
    return {"order": sample_order(), "status_url": status_page()}
