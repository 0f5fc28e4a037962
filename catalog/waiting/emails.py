"""The letters: prove your address, and it is back. Secret links are made in the worker."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from catalog.waiting import links
from catalog.waiting.models import Asking, AskingState


def confirm_asking(asking: Asking) -> None:
    """Send the link that proves the address; each request is answered."""
    cause = f"asking:{asking.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"asking": asking.pk}
    outbox.add("confirm-asking", subject_id=cause, to=asking.email, data=data)


def back_in_stock(asking: Asking) -> None:
    """Say that it can be had again, once."""
    data = {"asking": asking.pk}
    outbox.add("back-in-stock", subject_id=f"asking:{asking.pk}", to=asking.email, data=data)


def _asking(message: Message, state: str) -> Asking:
    found = Asking.objects.select_related("product__parent", "product__product_class")
    asking = found.filter(pk=message.data["asking"], state=state).first()
    if asking is None:
        raise NoLongerNeeded("Nobody waits for this letter any more.")
    return asking


def _shown(asking: Asking) -> dict[str, Any]:
    page = asking.product.parent or asking.product
    return {
        "title": asking.product.get_title(),
        "product_url": settings.SITE_URL + page.get_absolute_url(),
    }


@renders("confirm-asking", keep=False, urgent=True)
def confirmation(message: Message) -> dict[str, Any]:
    """What was asked for, and the link that proves the address."""
    asking = _asking(message, AskingState.UNCONFIRMED)
    hours = int(links.PROVE_WITHIN.total_seconds() // 3600)
    return {**_shown(asking), "link": links.prove_url(asking.pk), "hours": hours}


@renders("back-in-stock")
def back(message: Message) -> dict[str, Any]:
    """What is back, where, and how to hear no more."""
    asking = _asking(message, AskingState.TOLD)
    return {**_shown(asking), "end_url": links.end_url(asking.pk)}
