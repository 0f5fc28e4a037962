"""Staff edit an order in the admin: read what will happen, then confirm."""

import html
import uuid
from typing import Any

from django.test import Client

from catalog.partner.models import StockRecord
from checkout.order.models import Order
from checkout.order_edits.admin import EDITS
from checkout.payment.models import PaymentAttempt
from checkout.placement.services import accept_policies
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.fulfilment.helpers import action_url, snapshot
from tests.checkout.shopper import hidden, text
from tests.stripe_double.control import Double


def form_data(order: Order, name: str, **changes: Any) -> dict[str, Any]:
    """Return what the page of an edit sends, with changes."""
    form = EDITS[name](subject=Order.objects.get(pk=order.pk))
    initial = {each: form.get_initial_for_field(f, each) for each, f in form.fields.items()}
    data = {
        each: value for each, value in initial.items() if value is not None and value is not False
    }
    return {**data, "reason": "Phone call", "once": str(uuid.uuid4()), **changes}


def preview(staff: Client, order: Order, name: str, **changes: Any) -> str:
    """Submit the page once: it says what will happen, or what is wrong."""
    return page_of(staff.post(action_url(order, name), form_data(order, name, **changes)))


def edit(staff: Client, order: Order, name: str, **changes: Any) -> str:
    """Confirm an edit, and return the page that follows."""
    seen = hidden(preview(staff, order, name, **changes), "seen")
    data = form_data(order, name, **{**changes, "seen": seen})
    return page_of(staff.post(action_url(order, name), data, follow=True))


def page_of(response: Any) -> str:
    return html.unescape(text(response))


def state_of(order: Order) -> Any:
    """Return what a rejected edit must not change."""
    orders = Order.objects.order_by("pk").values_list(
        "status", "total_incl_tax", "shipping_excl_tax", "shipping_code", "staff_hold",
        "shipping_address__line1", "shipping_address__state",
    )  # fmt: skip
    attempts = PaymentAttempt.objects.order_by("pk").values_list("amount_cents", "waived_cents")
    return snapshot(order), list(orders), list(attempts)


def stock_of(title: str) -> tuple[int, int]:
    """Return the units of a product on hand and committed."""
    record = StockRecord.objects.get(product__title=title)
    return record.num_in_stock or 0, record.num_allocated or 0


def accept_and_pay(order: Order, accepted: Any, double: Double) -> None:
    """Let the customer pay a quote by card."""
    accept_policies(order=order, accepted=accepted)
    pay(order=order, confirmation_token=token(double))
