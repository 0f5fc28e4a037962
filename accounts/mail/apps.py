from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

#: What an email provider receives, as the end of a sentence in the privacy policy.
_GETS = (
    "receives our emails and their addresses to deliver them, and reports which addresses reject "
    "them."
)


class MailConfig(AppConfig):
    """The outbox: every email is stored as a row before it is sent."""

    name = "accounts.mail"
    label = "mail"

    def ready(self) -> None:
        """Load each package's emails.py, which registers its email types, and name the email
        provider in the privacy policy if there is one."""
        # models can be imported only when the apps are loaded
        from policies import disclosures

        autodiscover_modules("emails")
        if provider := _provider(settings.EMAIL_BACKEND):
            disclosures.register_processor(provider, receives=_GETS)


def _provider(backend: str) -> str:
    """Return the provider's name if the backend is anymail's, else ""."""
    package, _, rest = backend.partition(".backends.")
    return rest.partition(".")[0].capitalize() if package == "anymail" else ""
