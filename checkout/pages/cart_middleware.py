"""Loads the visitor's cart when a view asks for it, and keeps the cookie that names it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from checkout.basket.services import bring_back, keep_totals
from checkout.offers.applicator import Applicator
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.compiled_query import CompiledQuery

_SIGNER = Signer()
MOST_WAITING = 3  # carts that the cookie names beside the open one
BACK = (
    "An earlier order of yours was not paid, so what was in it is back in your cart. "
    "Please look at how many you want: {}."
)


def cookie_value(basket_id: int, *waiting: int) -> str:
    """Return what the cookie of a guest's cart holds: it, and older ones that may come back."""
    return _SIGNER.sign("+".join(str(pk) for pk in (basket_id, *waiting)))


def _ids_in(signed: str) -> list[int]:
    try:
        return [int(pk) for pk in _SIGNER.unsign(signed).split("+")]
    except (ValueError, BadSignature):
        return []


def basket_id_in(signed: str) -> int | None:
    """Return the cart that a signed value names, or None where it is forged."""
    return next(iter(_ids_in(signed)), None)


def _cookie_ids(request: HttpRequest) -> list[int]:
    return _ids_in(request.COOKIES.get(settings.OSCAR_BASKET_COOKIE_OPEN, ""))


def cookie_basket_id(request: HttpRequest) -> int | None:
    """Return the cart named by the visitor's cookie; None for no cookie or a forged one."""
    return basket_id_in(request.COOKIES.get(settings.OSCAR_BASKET_COOKIE_OPEN, ""))


def plain_basket(request: Any) -> Basket:
    """Return the visitor's open cart without pricing it; unsaved where there is none yet."""
    if request._basket_cache is None:
        guest = _guest_basket(request)
        user = request.user if request.user.is_authenticated else None
        basket = _account_basket(request, guest) if user else guest or Basket()
        basket.strategy = request.strategy
        if request.basket_merged:
            keep_totals(basket, user)
        request._basket_cache = basket
    return request._basket_cache


def priced_basket(request: Any) -> Basket:
    """Return the visitor's open cart with the discounts of offers on its lines."""
    basket = plain_basket(request)
    if not basket.is_empty:
        Applicator().apply(basket, request.user, request)
    return basket


_GUESTS = CompiledQuery(lambda pk: Basket.objects.filter(pk=pk, owner=None))


def _guest_basket(request: Any) -> Basket | None:
    """Return the open cart that the cookie names.

    The cookie outlives a cart whose order waits for payment: given up or expired, that order
    hands the cart back, and the shopper finds it again, also in a cart begun meanwhile.
    """
    if settings.OSCAR_BASKET_COOKIE_OPEN not in request.COOKIES:
        return None
    ids = _cookie_ids(request)
    found = _GUESTS.first(ids[0]) if ids else None
    basket = found if found is not None and found.status == Basket.OPEN else None
    if basket is None and found is not None and _waits_for_payment(found):
        request.waiting_carts = [found.pk]
    if ids[1:]:
        basket = _with_what_came_back(request, basket, ids[1:])
    request.drop_basket_cookie = basket is None and not request.waiting_carts
    return basket


def _with_what_came_back(request: Any, basket: Basket | None, earlier: list[int]) -> Basket | None:
    """Add the carts of orders that lapsed meanwhile to the open one; remember those that wait."""
    for other in Basket.objects.filter(pk__in=earlier, owner=None).order_by("pk"):
        if other.status != Basket.OPEN:
            if _waits_for_payment(other):
                request.waiting_carts.append(other.pk)
        elif basket is None:
            basket = other
        else:
            basket.strategy = other.strategy = request.strategy
            if back := bring_back(basket=basket, lapsed=other, user=None):
                messages.info(request, BACK.format("; ".join(back)))
    return basket


def _waits_for_payment(basket: Basket) -> bool:
    return Order.objects.filter(basket=basket, status=OrderState.PENDING).exists()


def _account_basket(request: Any, guest: Basket | None) -> Basket:
    """Return the account's one open cart; what was in the guest's goes into it."""
    mine = list(Basket.open.filter(owner=request.user).order_by("pk"))
    basket = mine[0] if mine else Basket(owner=request.user)
    others = [*mine[1:], *([guest] if guest else [])]
    if others and basket.pk is None:
        basket.save()
    for other in others:
        basket.merge(other, add_quantities=False)
    if others:
        request.drop_basket_cookie = request.basket_merged = True
    basket.owner = request.user  # no query when offers ask whose cart it is
    return basket


class BasketMiddleware:
    """Puts `request.basket` (priced when first looked at) and `request.strategy` on requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.strategy = Selector().strategy(request=request)
        request._basket_cache = None
        request.drop_basket_cookie = request.basket_merged = False
        request.waiting_carts = []  # of a guest, whose orders are not paid yet
        request.basket = SimpleLazyObject(lambda: priced_basket(request))
        response = self.get_response(request)
        _keep_cookie(request, response)
        return response


def _keep_cookie(request: Any, response: HttpResponse) -> None:
    basket = request._basket_cache
    if basket is None:  # nobody asked for the cart
        return
    name = settings.OSCAR_BASKET_COOKIE_OPEN
    if basket.pk and not request.user.is_authenticated:
        wanted = [basket.pk, *request.waiting_carts[-MOST_WAITING:]]
        if _cookie_ids(request) != wanted:
            response.set_cookie(
                name,
                cookie_value(*wanted),
                max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME,
                secure=settings.OSCAR_BASKET_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    elif request.drop_basket_cookie:
        response.delete_cookie(name, samesite="Lax")
