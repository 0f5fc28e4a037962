"""What belongs to one visitor on a page that is otherwise the same for all.

A page that is cached for everybody carries placeholders in these places; the page cache calls
`render_part` for each of them. So each part is cheap: no query for a visitor without a session and
without a cart, and one query for the cart of a visitor who has one.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.agreements import banner, reacceptance
from accounts.newsletter.subscribers import honeypot
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import Source
from catalog.back_in_stock.services import verified_email
from catalog.compare.session import product_ids
from checkout.pages.cart.middleware import cart_summary
from microflight.core.fragment_cache import rendered


def placeholder(name: str) -> SafeString:
    """Return the mark that stands for a part on a shared page."""
    return mark_safe(f"<!--visitor:{name}-->")  # noqa: S308 (names are ours)


def render_part(name: str, request: HttpRequest) -> str:
    """Return the HTML of one part for this visitor. Raises KeyError for an unknown name."""
    values = PARTS[name](request)
    if values in NOTHING_KNOWN:  # most visitors: no need to make it again
        return rendered(f"visitor/{name}.html", **values)
    if name in FOR_A_SECOND:
        return _of_this_second(name, tuple(values.items()))
    return render_to_string(f"visitor/{name}.html", values)


@lru_cache(maxsize=2)
def _of_this_second(name: str, values: tuple[tuple[str, str], ...]) -> str:
    return render_to_string(f"visitor/{name}.html", dict(values))


def has_session(request: HttpRequest) -> bool:
    """Return whether the browser came with a session, without opening it."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def _user(request: HttpRequest) -> Any:
    """The logged-in user or None; the session is only opened where there is one."""
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


def _messages(request: HttpRequest) -> dict[str, Any]:
    return {"messages": tuple(get_messages(request))}


def _cart(request: HttpRequest) -> dict[str, Any]:
    """The two figures that the cart keeps on its own row."""
    count, total = cart_summary(request, user=_user(request))
    return {"count": count, "total": total if count else None}


def _notify_email(request: HttpRequest) -> dict[str, Any]:
    """The verified email of a logged-in visitor, for back-in-stock emails."""
    user = _user(request)
    return {"email": verified_email(user) if user else ""}


def _newsletter(request: HttpRequest) -> dict[str, Any]:
    """The newsletter sign-up box. It sets no cookie, so it carries a stamp and no CSRF token;
    accounts have a page of their own."""
    if _user(request):
        return {"stamp": ""}
    text = CONSENT_TEXTS[Source.BOX]
    return {"stamp": honeypot.stamp(), "text": text, "consent": text_hash(text)}


def _policy_banner(request: HttpRequest) -> dict[str, Any]:
    """Changes of policies that an account has not seen, except on the reacceptance page."""
    user = _user(request)
    if user is None or reacceptance.is_pending(request):
        return {"changes": ()}
    if not (changes := banner.unseen(request, user)):
        return {"changes": ()}
    return {"changes": changes, "token": get_token(request), "here": request.get_full_path()}


PARTS: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "account": _account,
    "cart": _cart,
    "compare": _compare,
    "csrf": _csrf,
    "messages": _messages,
    "newsletter": _newsletter,
    "notify-email": _notify_email,
    "policy-banner": _policy_banner,
}

# The same for every stranger until the next second: made once in each.
FOR_A_SECOND = ("newsletter",)

# What the parts say of a visitor without cookies.
NOTHING_KNOWN: tuple[dict[str, Any], ...] = (
    {"user": None},
    {"email": ""},
    {"stamp": ""},
    {"count": 0},
    {"count": 0, "total": None},
    {"messages": ()},
    {"changes": ()},
)
