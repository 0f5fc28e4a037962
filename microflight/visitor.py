"""The fragments of one visitor on pages that all visitors share: cart, login, messages.

A cached page has placeholders for them, and the page cache calls `fill_in` for each. They are
cheap: no query for a visitor without a session and a cart, one query for the cart.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from accounts.agreements import banner, reacceptance
from accounts.email_addresses import verified_email
from accounts.newsletter.subscribers import honeypot
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import Source
from catalog.compare.session import product_ids
from checkout.pages.basket_middleware import cart_summary
from checkout.pages.build_shipping import build_shipping
from checkout.pages.external_offers import NO_OFFERS, external_offers
from checkout.pages.product_shipping import NOT_CHOSEN, product_shipping
from microflight.core.fragment_cache import rendered


def render_part(name: str, request: HttpRequest) -> str:
    """Return the HTML of a fragment for this visitor. Raises KeyError for an unknown name."""
    values = PARTS[name](request)
    if values in NEW_VISITOR:  # most visitors: cached
        return rendered(f"visitor/{name}.html", **values)
    if name in SAME_FOR_A_SECOND:
        return _rendered_this_second(name, tuple(values.items()))
    return render_to_string(f"visitor/{name}.html", values)


def fill_in(name: str, request: HttpRequest) -> str:
    """Return a fragment for a cached page; an earlier release may have named one that is gone."""
    return render_part(name, request) if name in PARTS else ""


@lru_cache(maxsize=2)
def _rendered_this_second(name: str, values: tuple[tuple[str, str], ...]) -> str:
    return render_to_string(f"visitor/{name}.html", dict(values))


def has_session(request: HttpRequest) -> bool:
    """Return whether the browser sent a session cookie, without opening the session."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def _user(request: HttpRequest) -> Any:
    """Return the logged-in user or None; opens the session only if there is one."""
    known = request.__dict__.get("_cached_user")
    if known is None and not has_session(request):
        return None
    user = known or getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _account(request: HttpRequest) -> dict[str, Any]:
    return {"user": _user(request)}


def _compare(request: HttpRequest) -> dict[str, Any]:
    session = getattr(request, "session", None) if has_session(request) else None
    return {"count": len(product_ids(session)) if session is not None else 0}


def _csrf(request: HttpRequest) -> dict[str, Any]:
    return {"token": get_token(request)}


def _card_form(request: HttpRequest) -> dict[str, Any]:
    """Return the CSRF token for the buttons of product cards; none for a visitor without cookies:
    a list sets no cookie."""
    has_cookie = has_session(request) or settings.CSRF_COOKIE_NAME in request.COOKIES
    return {"token": get_token(request) if has_cookie else ""}


def _messages(request: HttpRequest) -> dict[str, Any]:
    return {"messages": tuple(get_messages(request))}


def _cart(request: HttpRequest) -> dict[str, Any]:
    """Return the two numbers stored in the cart's row."""
    count, total = cart_summary(request, user=_user(request))
    return {"count": count, "total": total if count else None}


def _notify_email(request: HttpRequest) -> dict[str, Any]:
    """Return the verified email of a logged-in visitor, for back-in-stock requests."""
    user = _user(request)
    return {"email": verified_email(user)}


def _newsletter(request: HttpRequest) -> dict[str, Any]:
    """Return the values of the newsletter box: a stamp instead of a CSRF token, so that it sets no
    cookie. Accounts have a page of their own."""
    if _user(request):
        return {"stamp": ""}
    text = CONSENT_TEXTS[Source.BOX]
    return {"stamp": honeypot.stamp(), "text": text, "consent": text_hash(text)}


def _policy_banner(request: HttpRequest) -> dict[str, Any]:
    """Return policy changes that an account has not seen, except on the reacceptance page."""
    user = _user(request)
    if user is None or reacceptance.is_pending(request):
        return {"changes": ()}
    if not (changes := banner.unseen(request, user)):
        return {"changes": ()}
    return {"changes": changes, "token": get_token(request), "here": request.get_full_path()}


PARTS: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "account": _account,
    "build-ships": build_shipping,
    "card-form": _card_form,
    "cart": _cart,
    "compare": _compare,
    "csrf": _csrf,
    "external-offers": external_offers,
    "external-offers-first": external_offers,  # of a product that cannot be ordered
    "messages": _messages,
    "newsletter": _newsletter,
    "notify-email": _notify_email,
    "policy-banner": _policy_banner,
    "ships-to": product_shipping,
}

# The same for all guests within a second: rendered once per second.
SAME_FOR_A_SECOND = ("newsletter",)

# The values of a visitor without cookies.
NEW_VISITOR: tuple[dict[str, Any], ...] = (
    {"user": None},
    {"email": ""},
    {"stamp": ""},
    {"token": ""},
    {"count": 0},
    {"count": 0, "total": None},
    {"messages": ()},
    {"changes": ()},
    NOT_CHOSEN,
    NO_OFFERS,
)
