"""The page between log-in and the shop, where a text has changed that an account needs.

Asked once, at log-in: whoever is in the shop when a text takes effect is not interrupted.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.agreements.services import due_again

if TYPE_CHECKING:
    from accounts.users.models import User

KEY = "agree-again"  # in the session
#: What stays open without the new agreement: reading the texts, leaving (also
#: the newsletter), writing to us, and what
#: was bought under the old one.
_OPEN = ("/account/agreements/", "/account/logout/", "/contact/", "/health/", "/media/",
         "/newsletter/", "/orders/", "/policies/", "/renditions/", "/static/", "/stripe/",
         "/.well-known/")  # fmt: skip


def on_log_in(sender: Any, request: HttpRequest | None, user: "User", **_: Any) -> None:
    """Note in the session that texts wait to be agreed to anew."""
    if request is not None and due_again(user).versions:
        request.session[KEY] = True


class AgreementGate:
    """Leads a session that was noted to the texts, until they are agreed to. Staff too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_asked_again(request) and not request.path.startswith(_OPEN):
            wanted = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
            answer = redirect(f"{reverse('agreements:again')}?{urlencode({'next': wanted})}")
            answer["Cache-Control"] = "no-store"
            return answer
        return self.get_response(request)


def is_asked_again(request: HttpRequest) -> bool:
    """Tell whether this session was noted; only one that came with a cookie is opened."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and KEY in request.session
