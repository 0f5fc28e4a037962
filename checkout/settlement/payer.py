"""The shipping address for Stripe, which uses it to detect fraud and in disputes.

Stripe recommends email, name, billing and shipping address (docs.stripe.com/radar, "Optimize risk
factors"). Which of them we send, and how: docs/decisions/016-customer-data-at-stripe.md.
"""

from typing import Any

from checkout.order.models import Order


def shipping_of(order: Order) -> dict[str, Any] | None:
    """Return an order's shipping address as Stripe's `shipping`, or None if it has none.

    Without empty fields, which Stripe rejects, and without the telephone number, which is for the
    carrier.
    """
    address = order.shipping_address
    if address is None:
        return None
    parts = {
        "line1": address.line1,
        "line2": address.line2,
        "city": address.line4,
        "state": address.state,
        "postal_code": address.postcode,
        "country": address.country_id,
    }
    return {
        "name": f"{address.first_name} {address.last_name}".strip(),
        "address": {name: value for name, value in parts.items() if value},
    }
