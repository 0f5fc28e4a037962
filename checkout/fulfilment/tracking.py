"""Correcting the carrier and the tracking number of what has shipped."""

from typing import NamedTuple

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.order import emails
from checkout.order.locking import OrderActionError, lock_order, record_note
from checkout.order.models import Order, ShippingEvent


class Tracking(NamedTuple):
    """How a shipment can be followed."""

    carrier: str
    number: str

    def __str__(self) -> str:
        return f"{self.carrier} {self.number}".strip() or gettext("no tracking number")


class Correction(NamedTuple):
    """A new carrier or tracking number, and what the page showed before."""

    seen: Tracking
    new: Tracking


def tracking_of(event: ShippingEvent) -> Tracking:
    """Return the carrier and the tracking number of a shipment."""
    return Tracking(event.carrier, event.tracking_number)


def shipment_name(event: ShippingEvent) -> str:
    """Return what staff call a shipment."""
    day = date_format(localtime(event.date_created), "j M Y, H:i")
    return gettext("Shipment of %(day)s") % {"day": day}


@transaction.atomic
def correct_tracking(
    *, order: Order, corrections: dict[int, Correction], notify: bool, by: User | None
) -> list[ShippingEvent]:
    """Change carriers and tracking numbers by shipment, and note it; return what changed.

    `notify`: the customer gets an email about each. Raises OrderActionError.
    """
    locked = lock_order(order)
    changed = []
    for event in locked.shipping_events.filter(pk__in=corrections).order_by("pk"):
        old, (seen, new) = tracking_of(event), corrections[event.pk]
        if old == new:
            continue
        if old != seen:
            raise OrderActionError(changed_meanwhile(event, new))
        event.carrier, event.tracking_number = new
        event.save(update_fields=["carrier", "tracking_number"])
        text = gettext("%(shipment)s: “%(old)s” was corrected to “%(new)s”.")
        details = {"shipment": shipment_name(event), "old": old, "new": new}
        record_note(locked, text % details, by)
        if notify:
            emails.tracking_corrected(event)
        changed.append(event)
    if not changed:
        raise OrderActionError(gettext("Nothing was changed."))
    return changed


def changed_meanwhile(event: ShippingEvent, yours: Tracking) -> str:
    """Return the message about a shipment that another person has corrected."""
    text = gettext(
        "Someone else changed this to “%(theirs)s” after you opened the page; you entered "
        "“%(yours)s”. Submit again to replace it with yours."
    )
    return text % {"theirs": tracking_of(event), "yours": yours}
