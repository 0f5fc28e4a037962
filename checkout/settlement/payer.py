"""Who pays and where it ships, as Stripe gets it: to recognize fraud, and to answer disputes.

Stripe asks for email, name, billing and shipping address (docs.stripe.com/radar, "Optimize risk
factors"). Why each goes the way it goes: docs/decisions/016-customer-data-at-stripe.md.
"""

from typing import Any

from checkout.order.models import Order


def shipping_of(order: Order) -> dict[str, Any] | None:
    """Return an order's shipping address as Stripe's `shipping`, or None where it has none.

    Empty parts are left out: Stripe rejects empty text. The telephone number is the carrier's.
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
