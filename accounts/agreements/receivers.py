"""Reacts to published policies, logins and verified email addresses."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.agreements import announcements, reacceptance
from accounts.users.models import User
from policies.models import PolicyVersion
from policies.workflow import published


@receiver(published, dispatch_uid="agreements")
def announce_version(version: PolicyVersion, **_: Any) -> None:
    """Announce a policy version in the transaction that publishes it."""
    announcements.announce(version)


@receiver(user_logged_in, dispatch_uid="agreements")
def require_reacceptance(request: HttpRequest | None, user: User, **_: Any) -> None:
    """Note in the session that policies have changed."""
    if request is not None and reacceptance.due(user).versions:
        request.session[reacceptance.SESSION_KEY] = True


@receiver(post_save, sender=EmailAddress, dispatch_uid="agreements")
def send_missed_announcements(instance: EmailAddress, raw: bool = False, **_: Any) -> None:
    """Send a newly verified account the announcements that it has missed."""
    if instance.verified and not raw:
        announcements.send_missed(instance.user)
