"""Connects the newsletter to accounts, policies and the outbox. Imported once, when apps are ready.

It reacts to verified email addresses and deleted accounts, receives policy announcements, and
declares how long data is stored.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from accounts.newsletter.campaigns import feedback, preview  # noqa: F401 (receivers; emails)
from accounts.newsletter.subscribers import announcements, erasure, links, opt_in
from accounts.users.models import User
from policies import variables

announcements.load()
variables.register("newsletter_link_days", lambda: str(links.CONFIRM_WITHIN.days))
variables.register("newsletter_unconfirmed_days", lambda: str(erasure.UNCONFIRMED_DAYS))
variables.register("newsletter_unsubscribed_days", lambda: str(erasure.UNSUBSCRIBED_DAYS))


@receiver(post_save, sender=EmailAddress, dispatch_uid="newsletter")
def email_verified(instance: EmailAddress, raw: bool = False, **_: Any) -> None:
    """Confirm the newsletter sign-up of a new account."""
    if instance.verified and not raw:
        opt_in.email_verified(instance.user, instance.email)


@receiver(pre_delete, sender=User, dispatch_uid="newsletter")
def account_deleted(instance: User, **_: Any) -> None:
    """Erase the subscribers of an account."""
    erasure.erase_account(instance)
