from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

    from accounts.users.models import User


class NewsletterConfig(AppConfig):
    """Who asked for which letters, and the letters that are sent to all of them."""

    name = "accounts.newsletter"
    label = "newsletter"

    def ready(self) -> None:
        """Offer the blocks and conditions that need no higher room, listen for addresses that are
        proved and accounts that are deleted, and say to the policies what is kept how long."""
        from allauth.account.models import EmailAddress as Address
        from django.contrib.auth import get_user_model
        from django.db.models.signals import post_save, pre_delete

        from accounts.newsletter import arrivals, links, telling, tidying  # noqa: F401 (a letter)
        from accounts.newsletter.writing import filters, own_blocks, testing  # noqa: F401
        from policies import variables

        post_save.connect(_on_address, sender=Address, dispatch_uid="newsletter")
        pre_delete.connect(_on_farewell, sender=get_user_model(), dispatch_uid="newsletter")
        telling.load()
        variables.register("newsletter_link_days", lambda: str(links.CONFIRM_WITHIN.days))
        variables.register("newsletter_unproved_days", lambda: str(tidying.UNPROVED.days))
        variables.register("newsletter_left_days", lambda: str(tidying.LEFT.days))


def _on_address(instance: "EmailAddress", raw: bool = False, **_: Any) -> None:
    """Somebody followed the link in the letter, or staff ticked the address as proved."""
    from accounts.newsletter import beside

    if instance.verified and not raw:
        beside.address_proved(instance.user, instance.email)


def _on_farewell(instance: "User", **_: Any) -> None:
    """An account is deleted: whoever had it is forgotten here too."""
    from accounts.newsletter import erasing

    erasing.erase_with(instance)
