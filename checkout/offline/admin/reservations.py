"""Quotes that reserve a product, on its page in the admin."""

from typing import Any

from django.db.models import Q

from catalog.admin.products import PAGE_CONTEXT
from catalog.models import Product
from checkout.order.models import Line
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState


def reservations(product: Product) -> dict[str, Any]:
    """Return the lines of quotes that reserve a product or one of its variants, next to expire
    first."""
    lines = Line.objects.filter(
        Q(product=product) | Q(product__parent=product),
        num_allocated__gt=0,
        order__status=OrderState.PENDING,
    ).exclude(order__channel=Channel.ONLINE)
    quoted = lines.select_related("order__taken_by").order_by("order__valid_until", "pk")
    return {"reservations": quoted[:50]}


PAGE_CONTEXT.append(reservations)
