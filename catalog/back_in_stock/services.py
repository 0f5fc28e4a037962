"""Subscribe, confirm, notify, cancel."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.email_addresses import normalize_email
from catalog.back_in_stock import emails
from catalog.back_in_stock.links import CONFIRM_WITHIN
from catalog.back_in_stock.models import OPEN_STATES, BackInStockRequest, RequestState
from catalog.models import Product
from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import AVAILABLE
from microflight.core.row_locks import lock_rows

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
    return Product.objects.filter(shown, is_public=True).select_related(
        "product_class", "parent__product_class"
    )


def requestable_products() -> "QuerySet[Product]":
    """Return the visible products that may be in stock again: not discontinued ones."""
    shown = visible_products().filter(discontinued_on=None)
    return shown.filter(Q(parent=None) | Q(parent__discontinued_on=None))


@transaction.atomic
def subscribe(
    *, product: Product, email: str, user: "User | None" = None, verified: bool
) -> BackInStockRequest:
    """Record a request. Unless the email is `verified`, it must be confirmed by a link first.

    An open request keeps its place in the queue; an unconfirmed one gets the link again.
    """
    stock_request, _created = BackInStockRequest.objects.get_or_create(
        product=product,
        email=normalize_email(email),
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
    return _cancel(BackInStockRequest.objects.filter(email=normalize_email(email)))


def cancel_all_of_request(pk: int) -> int:
    """Cancel all open requests of one request's email; 0 if that request was deleted."""
    stock_request = BackInStockRequest.objects.filter(pk=pk).first()
    return cancel_all(stock_request.email) if stock_request else 0


def cancel(*, user: "User", pk: int) -> int:
    """Cancel one open request of an account; return how many were cancelled, 0 or 1."""
    return _cancel(BackInStockRequest.objects.of(user).filter(pk=pk))


@transaction.atomic
def _cancel(requests: Any) -> int:
    pks = lock_rows(requests.filter(state__in=OPEN_STATES))
    rows = BackInStockRequest.objects.filter(pk__in=pks)
    return rows.update(state=RequestState.CANCELLED, cancelled_at=timezone.now())


# --- Jobs ----------------------------------------------------------------------------------------


def notify_all() -> int:
    """Notify customers about all available products; return how many. Safe to run twice at once."""
    available = StockRecord.objects.filter(AVAILABLE)
    requested = BackInStockRequest.objects.requested().filter(product__stockrecords__in=available)
    products = set(requested.values_list("product_id", flat=True))
    return sum(notify(pk) for pk in sorted(products))


@transaction.atomic
def notify(product_pk: int) -> int:
    """Notify as many customers as there are units available and not offered, oldest first; all of
    them if the product's stock is not tracked.

    The stock record is locked so that two jobs cannot offer the same unit. The outbox row is part
    of this transaction: a worker that dies has notified either all chosen customers or none.
    """
    records = StockRecord.objects.select_for_update(of=("self",)).filter(product=product_pk)
    record = records.order_by("pk").first()
    product = requestable_products().filter(pk=product_pk).first()
    if record is None or product is None:
        return 0
    now = timezone.now()
    offered = BackInStockRequest.objects.filter(
        product=product_pk, state=RequestState.NOTIFIED, notified_at__gt=now - OFFER_LASTS
    )
    stock = Stock.of(record, product)
    spare = stock.available - offered.count() if stock.tracked else None
    if spare is not None and spare <= 0:
        return 0
    queue = BackInStockRequest.objects.requested().filter(product=product_pk)
    first = list(queue.values_list("pk", flat=True)[:spare])
    chosen = queue.filter(pk__in=lock_rows(queue.filter(pk__in=first)))
    for stock_request in chosen:
        stock_request.state, stock_request.notified_at = RequestState.NOTIFIED, now
        stock_request.save(update_fields=["state", "notified_at"])
        emails.back_in_stock(stock_request)
    return len(chosen)


@transaction.atomic
def delete_old() -> int:
    """Delete requests that were never confirmed, and those that ended long ago."""
    now = timezone.now()
    unconfirmed = Q(state=RequestState.UNCONFIRMED, requested_at__lt=now - 2 * CONFIRM_WITHIN)
    ended = Q(notified_at__lt=now - KEEP_FOR) | Q(cancelled_at__lt=now - KEEP_FOR)
    pks = lock_rows(BackInStockRequest.objects.filter(unconfirmed | ended))
    return BackInStockRequest.objects.filter(pk__in=pks).delete()[0]
