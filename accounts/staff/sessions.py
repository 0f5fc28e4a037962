"""Sessions of staff: recorded at login, listed on the account's page, and ended there.

allauth's `usersessions` would store the IP address and browser of every customer, too; the privacy
policy promises not to.
"""

from datetime import timedelta
from importlib import import_module
from typing import Any

from allauth.account.signals import user_logged_in
from django.conf import settings
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
