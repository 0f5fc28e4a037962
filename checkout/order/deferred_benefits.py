"""Benefits that offers give once an order is placed, such as points (Oscar: deferred benefits).

Oscar gives them when it creates the order. Ours is created before it is paid, so they wait until
it is placed. They are not taken back if it is cancelled: Oscar's benefits cannot.
"""

import logging

from django.db import transaction
from oscar.apps.offer.results import SHIPPING_DISCOUNT, BasketDiscount, PostOrderAction

from checkout.offers.models import ConditionalOffer
from checkout.order.models import Order, OrderDiscount

logger = logging.getLogger(__name__)


def apply_deferred_benefits(order: Order) -> list[str]:
    """Give the deferred benefits of an order that was placed just now, and store their messages.

    Returns the names of the offers whose benefit failed; those changed nothing.
    """
    uses = order.discounts.in_use()
    offers = ConditionalOffer.objects.select_related("condition", "benefit").filter(
        pk__in=uses.values("offer_id"),
        benefit__proxy_class__isnull=False,  # Oscar's own benefits defer nothing
    )
    failed = []
    for offer in offers:
        row = uses.get(offer_id=offer.pk)
        try:
            with transaction.atomic():
                _apply(order, row, offer)
        except Exception:  # from code of a benefit: the order is paid all the same
            logger.exception("Order %s: the benefit of %s failed.", order.number, row.offer_name)
            failed.append(row.offer_name)
    return failed


def _apply(order: Order, row: OrderDiscount, offer: ConditionalOffer) -> None:
    """Give the benefit of one offer, with Oscar's description of its use."""
    results = {
        OrderDiscount.BASKET: BasketDiscount(row.amount),
        OrderDiscount.SHIPPING: SHIPPING_DISCOUNT,
        OrderDiscount.DEFERRED: PostOrderAction(offer.name),
    }
    application = {
        "offer": offer,
        "result": results[row.category],
        "name": offer.name,
        "description": offer.description,
        "voucher": row.voucher if row.voucher_id else None,
        "freq": row.frequency,
        "discount": row.amount,
    }
    if message := offer.apply_deferred_benefit(order.basket, order, application):
        row.message = message
        row.save(update_fields=["message"])
