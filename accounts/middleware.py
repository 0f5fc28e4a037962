"""Account pages are never cached, and staff need a second factor."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from accounts.staff.audit_log import current_ip
from accounts.users.models import User
from microflight.core.limits import client_ip

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]  # the login asks for these
GetResponse = Callable[[HttpRequest], HttpResponse]


class PrivatePagesMiddleware:
    """Forbids browsers and proxies to store account pages, those of allauth included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/account/"):
            add_never_cache_headers(response)
        return response


class StaffSecondFactorMiddleware:
    """Opens the admin to staff only once they have two-factor authentication, which the login then
    asks for. STAFF_SECOND_FACTOR is off in the demo only. Also tells the audit log the IP address.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and _is_admin(request) and _lacks_factor(request):
            text = _("Turn on two-factor authentication. Then you can open the admin.")
            messages.warning(request, text)
            return redirect("mfa_activate_totp")
        token = current_ip.set(client_ip(request))
        try:
            return self.get_response(request)
        finally:
            current_ip.reset(token)


def _is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith(reverse("admin:index"))


def _lacks_factor(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and not is_mfa_enabled(user, FACTORS)
