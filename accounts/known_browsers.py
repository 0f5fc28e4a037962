"""Browsers in which someone has logged in to an account before.

Their login attempts have a limit of their own, so that failures elsewhere lock no owner out (OWASP:
"device cookies"). The cookie gives no access; it is signed, and contains account numbers.
"""

import secrets
from typing import Any

from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "known_browser"
PATH = "/account/"
SECONDS = 365 * 86_400
MOST_ACCOUNTS = 5


def remember(request: HttpRequest, response: HttpResponseBase, user: Any) -> None:
    """Add an account to the browser's cookie."""
    name, accounts = _read(request)
    accounts = [user.pk, *(pk for pk in accounts if pk != user.pk)][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        signing.dumps([name or secrets.token_urlsafe(12), accounts], salt=COOKIE),
        max_age=SECONDS,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def browser_of(request: HttpRequest, email: str) -> str:
    """Return a name for this browser and account, if the account has logged in here; else ""."""
    name, accounts = _read(request)
    if not accounts:
        return ""
    found = [user.pk for user in filter_users_by_email(email) if user.pk in accounts]
    return f"{name}:{found[0]}" if found else ""


def _read(request: HttpRequest) -> tuple[str, list[int]]:
    try:
        name, accounts = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return "", []
    return name, accounts
