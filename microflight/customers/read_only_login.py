"""Staff see the shop as a customer sees it, read-only (django-hijack).

The middleware rejects every request that could change something, and rolls back what the others
write on the way (totals of the cart, counts of searches and clicks). It shows a banner, and ends
the login after 30 minutes, or when the staff member loses the permission. Start and end are in the
audit log.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from hijack.middleware import HijackUserMiddleware
from hijack.signals import hijack_ended, hijack_started

from accounts.staff import audit_log
from accounts.staff.sessions import record_session
from accounts.users.models import User

PERMISSION = "customers.login_as_customer"
SECONDS = 30 * 60
_UNTIL = "hijack_until"  # session keys
_STAFF = "hijack_history"
_SAFE = ("GET", "HEAD", "OPTIONS")
#: Pages that change something when they are opened, or show secrets of the account.
_CLOSED = ("/checkout/", "/account/2fa/", "/stripe/")


def may_log_in_as(*, hijacker: Any, hijacked: Any) -> bool:
    """Return whether a staff member may see the shop as this account: never as other staff."""
    return bool(
        hijacked
        and hijacked.is_active
        and not (hijacked.is_staff or hijacked.is_superuser or hijacked.groups.exists())
        and hijacker.is_active
        and hijacker.is_staff
        and hijacker.has_perm(PERMISSION)
    )


class ReadOnlyLoginMiddleware:
    """Keeps a login as a customer read-only and short."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.banner = HijackUserMiddleware(get_response)

    def __call__(self, request: Any) -> HttpResponse:
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not has_cookie or not request.session.get(_STAFF):
            return self.get_response(request)
        if not _is_valid(request):
            if request.user.is_authenticated and (staff := _staff(request)):
                audit_log.record(staff, request.user, _("Ended the login as this customer."))
            logout(request)
            messages.info(request, _("The login as a customer has ended. Log in again."))
            return redirect("admin:index")
        request.user.is_hijacked = True
        # the cart of this browser must not be merged into the customer's
        request.COOKIES.pop(settings.OSCAR_BASKET_COOKIE_OPEN, None)
        return self.banner.process_response(request, self._read_only_response(request))

    def _read_only_response(self, request: HttpRequest) -> HttpResponse:
        """Return the response of a request that reads, without a trace of it in the database."""
        if request.path_info == reverse("hijack:release"):
            return self.get_response(request)
        if request.method not in _SAFE or request.path_info.startswith(_CLOSED):
            return render(request, "hijack/read_only.html", status=403)
        with transaction.atomic():
            response = self.get_response(request)
            transaction.set_rollback(True)
        return response


def _staff(request: Any) -> User | None:
    """Return who logged in as the customer."""
    return User.objects.filter(pk=request.session[_STAFF][-1]).first()


def _is_valid(request: Any) -> bool:
    """Return whether a login as a customer may go on."""
    staff = _staff(request)
    is_running = request.session.get(_UNTIL, 0) > time.time()
    return is_running and staff is not None and may_log_in_as(hijacker=staff, hijacked=request.user)


@receiver(hijack_started, dispatch_uid="customers")
def start(request: Any, hijacker: User, hijacked: User, **_kwargs: Any) -> None:
    """Limit the login, and list its session among those of the staff member."""
    request.session[_UNTIL] = time.time() + SECONDS
    record_session(request, hijacker)


@receiver(hijack_ended, dispatch_uid="customers")
def end(request: Any, hijacker: User, hijacked: User, **_kwargs: Any) -> None:
    """Log the end, and list the session of the staff member again."""
    record_session(request, hijacker)
    audit_log.record(hijacker, hijacked, _("Ended the login as this customer."))
