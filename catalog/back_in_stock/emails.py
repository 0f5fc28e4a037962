"""The emails: confirm your address, and back in stock. Secret links are made in the worker."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from catalog.back_in_stock import links
from catalog.back_in_stock.models import BackInStockRequest, RequestState


def confirm_back_in_stock(stock_request: BackInStockRequest) -> None:
    """Send the link that confirms the address; each attempt gets its own email."""
    cause = f"back-in-stock:{stock_request.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"request": stock_request.pk}
    outbox.add("confirm-back-in-stock", subject_id=cause, to=stock_request.email, data=data)


def back_in_stock(stock_request: BackInStockRequest) -> None:
    """Say, once, that the product is available again."""
    cause = f"back-in-stock:{stock_request.pk}"
    data = {"request": stock_request.pk}
    outbox.add("back-in-stock", subject_id=cause, to=stock_request.email, data=data)


def _request(message: Message, state: str) -> BackInStockRequest:
    rows = BackInStockRequest.objects.select_related("product__parent", "product__product_class")
    found = rows.filter(pk=message.data["request"], state=state).first()
    if found is None:
        raise NoLongerNeeded("The back-in-stock request was cancelled or deleted.")
    return found


def _product(stock_request: BackInStockRequest) -> dict[str, Any]:
    page = stock_request.product.parent or stock_request.product
    return {
        "title": stock_request.product.get_title(),
        "product_url": settings.SITE_URL + page.get_absolute_url(),
    }


@renders("confirm-back-in-stock", keep=False, urgent=True)
def confirmation_context(message: Message) -> dict[str, Any]:
    """Return the product, and the link that confirms the address."""
    stock_request = _request(message, RequestState.UNCONFIRMED)
    hours = int(links.CONFIRM_WITHIN.total_seconds() // 3600)
    return {**_product(stock_request), "link": links.confirm_url(stock_request.pk), "hours": hours}


@renders("back-in-stock")
def back_in_stock_context(message: Message) -> dict[str, Any]:
    """Return the product, and the link that cancels all requests of the address."""
    stock_request = _request(message, RequestState.NOTIFIED)
    return {**_product(stock_request), "end_url": links.cancel_url(stock_request.pk)}
