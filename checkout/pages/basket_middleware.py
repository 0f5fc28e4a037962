"""The baskets of a request: the open one and the saved items, and a guest's cart cookie."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from checkout.basket.services import restore_expired_cart, update_totals
from checkout.basket.vouchers import too_many_codes
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.compiled_query import CompiledQuery

MAX_UNPAID_CARTS = 3  # in the cookie, in addition to the open cart
_SAVED_ITEMS = "saved_items"  # session key
_SIGNER = Signer()


class BasketMiddleware:
    """Sets `request.basket` (priced on first use) and `request.strategy`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.strategy = Selector().strategy(request=request)
        request._basket_cache = None
        request.drop_basket_cookie = request.basket_merged = False
        request.unpaid_carts = []  # a guest's carts whose orders are unpaid
        request.basket = SimpleLazyObject(lambda: priced_basket(request))
        response = self.get_response(request)
        _set_cookie(request, response)
        return response


def priced_basket(request: Any) -> Basket:
    """Return the visitor's open cart with offers applied to its lines and current totals.

    Stores the totals if a price or an offer changed since, also on GET: the page header reads
    them, see docs/decisions/005-page-cache.md.
    """
    basket = open_basket(request)
    update_totals(basket, request.user)
    return basket


def open_basket(request: Any) -> Basket:
    """Return the visitor's open cart without pricing it; unsaved if there is none yet."""
    if request._basket_cache is None:
        guest = _guest_basket(request)
        user = request.user if request.user.is_authenticated else None
        basket = _account_basket(request, guest) if user else guest or Basket()
        basket.strategy = request.strategy
        if request.basket_merged:
            update_totals(basket, user)
        if basket.left_out:
            left_out = _("Left out: %(codes)s.") % {"codes": ", ".join(basket.left_out)}
            messages.warning(request, f"{too_many_codes()} {left_out}")
        request._basket_cache = basket
    return request._basket_cache


_GUEST_BASKETS = CompiledQuery(lambda pk: Basket.objects.filter(pk=pk, owner=None))


def _guest_basket(request: Any) -> Basket | None:
    """Return the open cart in the cookie.

    The cookie keeps the cart of an unpaid order: if that order is cancelled or expires, its cart
    is open again, and its lines are merged into a cart that the shopper started meanwhile.
    """
    if settings.OSCAR_BASKET_COOKIE_OPEN not in request.COOKIES:
        return None
    ids = _cookie_ids(request)
    found = _GUEST_BASKETS.first(ids[0]) if ids else None
    basket = found if found is not None and found.status == Basket.OPEN else None
    if basket is None and found is not None and _has_unpaid_order(found):
        request.unpaid_carts = [found.pk]
    if ids[1:]:
        basket = _with_expired_carts(request, basket, ids[1:])
    request.drop_basket_cookie = basket is None and not request.unpaid_carts
    return basket


def _with_expired_carts(request: Any, basket: Basket | None, earlier: list[int]) -> Basket | None:
    """Merge the carts of expired orders into the open one; keep those still unpaid."""
    for other in Basket.objects.filter(pk__in=earlier, owner=None).order_by("pk"):
        if other.status != Basket.OPEN:
            if _has_unpaid_order(other):
                request.unpaid_carts.append(other.pk)
        elif basket is None:
            basket = other
        else:
            basket.strategy = other.strategy = request.strategy
            if restored := restore_expired_cart(basket=basket, expired=other, user=None):
                text = _(
                    "Your earlier order was not paid, so its items are back in your cart. "
                    "Please check the quantities: %(items)s."
                )
                messages.info(request, text % {"items": "; ".join(restored)})
    return basket


def _has_unpaid_order(basket: Basket) -> bool:
    return Order.objects.filter(basket=basket, status=OrderState.PENDING).exists()


def _account_basket(request: Any, guest: Basket | None) -> Basket:
    """Return the account's one open cart, with the guest's cart merged into it."""
    own = list(Basket.open.filter(owner=request.user).order_by("pk"))
    basket = own[0] if own else Basket(owner=request.user)
    others = [*own[1:], *([guest] if guest else [])]
    if others and basket.pk is None:
        basket.save()
    for other in others:
        basket.merge(other, add_quantities=False)
    if others:
        request.drop_basket_cookie = request.basket_merged = True
    basket.owner = request.user  # saves a query when offers check the owner
    return basket


def cart_summary(request: Any, *, user: Any = None) -> tuple[int, Decimal]:
    """Return (items, total in CAD after discounts) of the open cart, for the page header.

    `user` is the account that is logged in, if any. Takes one query on stored columns, and none
    without a cart cookie or if this request has loaded the cart already.
    """
    loaded = getattr(request, "_basket_cache", None)
    if loaded is not None:
        return loaded.item_count, loaded.total
    if user is not None:
        carts = Basket.open.filter(owner=user)
    elif (pk := cookie_basket_id(request)) is not None:
        carts = Basket.open.filter(pk=pk, owner=None)
    else:
        return 0, Decimal(0)
    return carts.order_by("pk").values_list("item_count", "total").first() or (0, Decimal(0))


# --- The cookie of a guest's cart ----------------------------------------------------------------


def cookie_value(basket_id: int, *unpaid: int) -> str:
    """Return a guest's cart cookie: the open cart, and carts of orders that may expire unpaid."""
    return _SIGNER.sign("+".join(str(pk) for pk in (basket_id, *unpaid)))


def basket_id_in(signed: str) -> int | None:
    """Return the cart id in a signed value, or None if the signature is wrong."""
    return next(iter(_ids_in(signed)), None)


def cookie_basket_id(request: HttpRequest) -> int | None:
    """Return the cart id in the visitor's cookie; None without a valid cookie."""
    return next(iter(_cookie_ids(request)), None)


def _cookie_ids(request: HttpRequest) -> list[int]:
    return _ids_in(request.COOKIES.get(settings.OSCAR_BASKET_COOKIE_OPEN, ""))


def _ids_in(signed: str) -> list[int]:
    try:
        return [int(pk) for pk in _SIGNER.unsign(signed).split("+")]
    except (ValueError, BadSignature):
        return []


def _set_cookie(request: Any, response: HttpResponse) -> None:
    basket = request._basket_cache
    if basket is None:  # not loaded
        return
    name = settings.OSCAR_BASKET_COOKIE_OPEN
    if basket.pk and not request.user.is_authenticated:
        basket_ids = [basket.pk, *request.unpaid_carts[-MAX_UNPAID_CARTS:]]
        if _cookie_ids(request) != basket_ids:
            response.set_cookie(
                name,
                cookie_value(*basket_ids),
                max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME,
                secure=settings.OSCAR_BASKET_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    elif request.drop_basket_cookie:
        response.delete_cookie(name, samesite="Lax")


# --- Saved items: a second basket, found by account or by session --------------------------------


def saved_basket(request: Any) -> Basket:
    """Return this visitor's saved items; an unsaved, empty basket if there are none.

    A guest's saved items move to the account after login.
    """
    saved = (
        _account_saved_basket(request)
        if request.user.is_authenticated
        else _guest_saved_basket(request)
    )
    saved.strategy = request.strategy
    return saved


def remember_saved_basket(request: Any, saved: Basket) -> None:
    """Store the id of a guest's saved items in the session."""
    if saved.owner_id is None and request.session.get(_SAVED_ITEMS) != saved.pk:
        request.session[_SAVED_ITEMS] = saved.pk


def _guest_saved_basket(request: Any) -> Basket:
    pk = request.session.get(_SAVED_ITEMS)
    saved = Basket.saved.filter(pk=pk, owner=None).first() if pk else None
    return saved or Basket(status=Basket.SAVED)


def _account_saved_basket(request: Any) -> Basket:
    saved = Basket.saved.filter(owner=request.user).order_by("pk").first()
    saved = saved or Basket(owner=request.user, status=Basket.SAVED)
    if _SAVED_ITEMS in request.session:
        guest = _guest_saved_basket(request)
        del request.session[_SAVED_ITEMS]
        if guest.pk:
            saved.save()
            saved.merge(guest, add_quantities=False)
    return saved
