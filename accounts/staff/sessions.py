"""Sessions of staff: recorded at login, listed on the account's page, and ended there.

allauth's `usersessions` would store the IP address and browser of every customer, too; the privacy
policy promises not to.
"""

from datetime import timedelta
from importlib import import_module
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from accounts.staff import audit_log
from accounts.staff.models import StaffSession
from microflight.core.limits import client_ip, network_of
from microflight.core.text import one_line


@receiver(user_logged_in, dispatch_uid="staff.session")
def record_login(request: HttpRequest, user: Any, **_: Any) -> None:
    """Log a login of a staff member, and note the session."""
    if user.is_staff:
        audit_log.record(user, user, gettext("Logged in."))
        record_session(request, user)


@receiver(user_logged_out, dispatch_uid="staff.session_end")
def forget_session(request: Any, **_: Any) -> None:
    """Remove a session from the list when it ends by logging out."""
    if key := request.session.session_key:
        StaffSession.objects.filter(session_key=key).delete()


@receiver(
    (password_changed, password_reset, password_set), dispatch_uid="staff.session_after_password"
)
def follow_password(request: HttpRequest, user: Any, **_: Any) -> None:
    """A new password ends an account's sessions; the browser that set it gets a new key."""
    StaffSession.objects.filter(user=user).delete()
    if user.is_staff and request.user == user:
        record_session(request, user)


def record_session(request: HttpRequest, user: Any) -> None:
    """Note that this request's session is one of a staff member."""
    if not request.session.session_key:
        request.session.save()
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    StaffSession.objects.filter(user=user, started_at__lt=oldest).delete()  # expired
    StaffSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "network": network_of(client_ip(request)),
            "browser": one_line(request.META.get("HTTP_USER_AGENT", "")).replace("\0", "")[:200],
        },
    )


def end_sessions(sessions: QuerySet[StaffSession]) -> int:
    """Log these sessions out; return how many there were."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = list(sessions.values_list("session_key", flat=True))
    for key in keys:
        store.delete(key)
    sessions.delete()
    return len(keys)
