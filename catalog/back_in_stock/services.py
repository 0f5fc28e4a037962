"""Subscribe, confirm, notify, cancel."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.back_in_stock import emails
from catalog.back_in_stock.links import CONFIRM_WITHIN
from catalog.back_in_stock.models import OPEN_STATES, BackInStockRequest, RequestState
from catalog.models import Product
from catalog.partner.models import StockRecord

if TYPE_CHECKING:
    from accounts.users.models import User

#: How long a unit counts as offered to the person who was notified. If it is still available then,
#: the next person is notified.
OFFER_LASTS = timedelta(hours=24)
#: Notified and cancelled requests are deleted after this time.
KEEP_FOR = timedelta(days=90)


def visible_products() -> "QuerySet[Product]":
    """Return the products and variants that the shop shows, so that customers may ask for them."""
    shown = Q(parent=None) | Q(parent__is_public=True)
    return Product.objects.filter(shown, is_public=True).select_related("parent")


def verified_email(user: Any) -> str:
    """Return the user's own email in lower case if it is verified, else an empty string."""
    if not user.is_authenticated:
        return ""
    verified = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return user.email.lower() if verified.exists() else ""


@transaction.atomic
def subscribe(
    *, product: Product, email: str, user: "User | None" = None, verified: bool
) -> BackInStockRequest:
    """Record a request. Unless the email is `verified`, it must be confirmed by a link first.

    An open request keeps its place in the queue; an unconfirmed one gets the link again.
    """
    stock_request, _created = BackInStockRequest.objects.get_or_create(
        product=product,
        email=email.lower(),
        state__in=OPEN_STATES,
        defaults={"state": RequestState.UNCONFIRMED, "user": user},
    )
    if stock_request.state == RequestState.UNCONFIRMED:
        if verified:
            stock_request.state, stock_request.user = RequestState.REQUESTED, user
            stock_request.save(update_fields=["state", "user"])
        else:
            emails.confirm_back_in_stock(stock_request)
    return stock_request


@transaction.atomic
def confirm(pk: int) -> BackInStockRequest | None:
    """Confirm the email of a request; None if the request is gone. Idempotent."""
    rows = BackInStockRequest.objects.select_for_update(of=("self",))
    stock_request = rows.filter(pk=pk).first()
    if stock_request is not None and stock_request.state == RequestState.UNCONFIRMED:
        stock_request.state = RequestState.REQUESTED
        stock_request.save(update_fields=["state"])
    return stock_request


def cancel_all(email: str) -> int:
    """Cancel all open requests of an email address; return how many."""
    return _cancel(BackInStockRequest.objects.filter(email=email.lower()))


def cancel_all_of_request(pk: int) -> int:
    """Cancel all open requests of one request's email; 0 if that request was deleted."""
    stock_request = BackInStockRequest.objects.filter(pk=pk).first()
    return cancel_all(stock_request.email) if stock_request else 0


def cancel(*, user: "User", pk: int) -> int:
    """Cancel one open request of an account; return how many were cancelled, 0 or 1."""
    return _cancel(BackInStockRequest.objects.of(user).filter(pk=pk))


def _cancel(requests: Any) -> int:
    still_open = requests.filter(state__in=OPEN_STATES)
    return int(still_open.update(state=RequestState.CANCELLED, cancelled_at=timezone.now()))


# --- Jobs ----------------------------------------------------------------------------------------


def notify_all() -> int:
    """Notify customers about all available products; return how many. Safe to run twice at once."""
    available = StockRecord.objects.filter(num_in_stock__gt=Coalesce(F("num_allocated"), 0))
    requested = BackInStockRequest.objects.requested().filter(product__stockrecords__in=available)
    products = set(requested.values_list("product_id", flat=True))
    return sum(notify(pk) for pk in sorted(products))


@transaction.atomic
def notify(product_pk: int) -> int:
    """Notify as many customers as there are units available and not offered, oldest first.

    The stock record is locked so that two jobs cannot offer the same unit. The outbox row is part
    of this transaction: a worker that dies has notified either all chosen customers or none.
    """
    records = StockRecord.objects.select_for_update(of=("self",)).filter(product=product_pk)
    record = records.order_by("pk").first()
    if record is None or not visible_products().filter(pk=product_pk).exists():
        return 0
    now = timezone.now()
    offered = BackInStockRequest.objects.filter(
        product=product_pk, state=RequestState.NOTIFIED, notified_at__gt=now - OFFER_LASTS
    )
    spare = (record.net_stock_level or 0) - offered.count()
    if spare <= 0:
        return 0
    queue = BackInStockRequest.objects.requested().filter(product=product_pk)
    chosen = list(queue.select_for_update(of=("self",))[:spare])
    for stock_request in chosen:
        stock_request.state, stock_request.notified_at = RequestState.NOTIFIED, now
        stock_request.save(update_fields=["state", "notified_at"])
        emails.back_in_stock(stock_request)
    return len(chosen)


def delete_old() -> int:
    """Delete requests that were never confirmed, and those that ended long ago."""
    now = timezone.now()
    unconfirmed = Q(state=RequestState.UNCONFIRMED, requested_at__lt=now - 2 * CONFIRM_WITHIN)
    ended = Q(notified_at__lt=now - KEEP_FOR) | Q(cancelled_at__lt=now - KEEP_FOR)
    return BackInStockRequest.objects.filter(unconfirmed | ended).delete()[0]
