from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress


class AgreementsConfig(AppConfig):
    """Who agreed to which text, and who has to hear that a text changes."""

    name = "accounts.agreements"
    label = "agreements"

    def ready(self) -> None:
        """Listen for published texts, for log-ins, and for addresses that are proved."""
        from allauth.account.models import EmailAddress as Address
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_save

        from accounts.agreements import gate, telling
        from policies.workflow import published

        published.connect(
            lambda version, **_: telling.announce(version), weak=False, dispatch_uid="agreements"
        )
        user_logged_in.connect(gate.on_log_in, dispatch_uid="agreements")
        post_save.connect(_on_address, sender=Address, dispatch_uid="agreements")


def _on_address(instance: "EmailAddress", raw: bool = False, **_: Any) -> None:
    """Somebody followed the link in the letter, or staff ticked the address as proved."""
    from accounts.agreements import telling

    if instance.verified and not raw:
        telling.tell_latecomer(instance.user)
