"""Orders keep what they name by code or ID: shipping methods, offers, discount codes. Orders of a
guest join the account that verifies the same email address. Orders know who bought a product."""

from itertools import chain
from typing import Any

from allauth.account.models import EmailAddress
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext, ngettext

from catalog.manuals.notices import buyers_requested
from checkout.basket.vouchers import Voucher
from checkout.offers.customers import email_key
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Line, Order, OrderKit, OrderNote
from checkout.order.states import OrderState
from checkout.shipping.models import ShippingMethod
from microflight.core.deletions import deletion_requested


@receiver(deletion_requested)
def orders_that_name(sender: type[models.Model], records: list[Any], **_: Any) -> list[str]:
    """Return how many orders name these records, if any."""
    pks = [record.pk for record in records]
    if sender is ShippingMethod:
        orders = Order.objects.filter(shipping_code__in=[record.code for record in records])
    elif sender is ConditionalOffer:
        orders = Order.objects.filter(discounts__offer_id__in=pks)
    elif sender is Voucher:
        orders = Order.objects.filter(discounts__voucher_id__in=pks)
    else:
        return []
    if not (count := orders.distinct().count()):
        return []
    return [ngettext("%(count)s order", "%(count)s orders", count) % {"count": count}]


@receiver(buyers_requested)
def buyers_of(sender: type[models.Model], products: list[int], **_: Any) -> list[tuple[str, str]]:
    """Return email address and title of each paid order line or kit with one of these products,
    unless all its units were cancelled. An account has its present address, a guest that of the
    order."""
    named = Q(product__in=products) | Q(product__parent__in=products)
    named &= Q(order__status__in=(OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED))
    lines = Line.objects.filter(named, quantity__gt=F("cancelled"))
    kept = OrderKit.objects.filter(lines__quantity__gt=F("lines__cancelled"))
    kits = OrderKit.objects.filter(named, pk__in=kept)
    columns = ("order__user__email", "order__guest_email", "title")
    rows = (each.order_by("pk").values_list(*columns).iterator() for each in (lines, kits))
    return [(account or guest, title) for account, guest, title in chain.from_iterable(rows)]


@receiver(post_save, sender=EmailAddress, dispatch_uid="order")
def link_guest_orders(instance: EmailAddress, raw: bool = False, **_: Any) -> None:
    """Add the orders that a guest placed with an email address to the account that verified it.

    Never before: a person who registers an address of someone else must not see its orders.
    """
    if not instance.verified or raw:
        return
    with transaction.atomic():
        guest = Order.objects.filter(user=None, guest_email__iexact=instance.email)
        orders = list(guest.select_for_update(of=("self",)).order_by("pk"))
        for order in orders:
            order.user, order.account_email_key = instance.user, email_key(instance.email)
            order.save(update_fields=["user", "account_email_key"])
        text = gettext("Added to the account that verified %(email)s.") % {"email": instance.email}
        OrderNote.objects.bulk_create(
            OrderNote(order=order, note_type=OrderNote.SYSTEM, message=text) for order in orders
        )
