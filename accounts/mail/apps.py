from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

#: What a mail provider gets, as the end of a sentence in the privacy policy.
_GETS = (
    "gets our letters and the addresses that they go to, to deliver them, and tells us which "
    "addresses refuse them."
)


class MailConfig(AppConfig):
    """The outbox: every message the shop sends is a row first."""

    name = "accounts.mail"
    label = "mail"

    def ready(self) -> None:
        """Load each room's emails.py, where its kinds of message are registered, and name the
        company that carries our letters, where it is one."""
        from policies import register

        autodiscover_modules("emails")
        if provider := _provider(settings.EMAIL_BACKEND):
            register.add_processor(provider, gets=_GETS)


def _provider(backend: str) -> str:
    """The provider behind a backend of anymail, as the policy names it; "" for a plain server."""
    package, _, rest = backend.partition(".backends.")
    return rest.partition(".")[0].capitalize() if package == "anymail" else ""
