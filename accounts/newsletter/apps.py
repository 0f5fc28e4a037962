from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

    from accounts.users.models import User


class NewsletterConfig(AppConfig):
    """Subscribers, and the campaigns that are sent to them."""

    name = "accounts.newsletter"
    label = "newsletter"

    # Models can be imported only now, hence the imports inside functions.
    def ready(self) -> None:
        """Register emails and policy announcements, react to verified addresses and deleted
        accounts, and declare how long data is stored, for the policies."""
        from allauth.account.models import EmailAddress as Address
        from django.contrib.auth import get_user_model
        from django.db.models.signals import post_save, pre_delete

        from accounts.newsletter.campaigns import feedback, preview  # noqa: F401 (receivers, emails)
        from accounts.newsletter.subscribers import announcements, erasure, links
        from policies import variables

        post_save.connect(_on_address, sender=Address, dispatch_uid="newsletter")
        pre_delete.connect(_on_account_deleted, sender=get_user_model(), dispatch_uid="newsletter")
        announcements.load()
        variables.register("newsletter_link_days", lambda: str(links.CONFIRM_WITHIN.days))
        variables.register("newsletter_unproved_days", lambda: str(erasure.UNCONFIRMED_DAYS))
        variables.register("newsletter_left_days", lambda: str(erasure.UNSUBSCRIBED_DAYS))


def _on_address(instance: "EmailAddress", raw: bool = False, **_: Any) -> None:
    from accounts.newsletter.subscribers import opt_in  # models are loaded only now

    if instance.verified and not raw:
        opt_in.email_verified(instance.user, instance.email)


def _on_account_deleted(instance: "User", **_: Any) -> None:
    from accounts.newsletter.subscribers import erasure  # models are loaded only now

    erasure.erase_account(instance)
