from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class MicroFlightConfig(AppConfig):
    """The project: settings, URLs, commands, health check, visitor fragments."""

    name = "microflight"

    def ready(self) -> None:
        """Declare the cookies that Django and allauth set, add the collation to SQLite, and let
        forms reject card numbers."""
        from microflight.core import card_numbers, collation  # noqa: F401 (apps are loaded only now)
        from policies import disclosures  # apps are loaded only now

        card_numbers.protect_text_fields()
        session_lifetime = disclosures.format_duration(settings.SESSION_COOKIE_AGE)
        disclosures.register_cookie(
            settings.SESSION_COOKIE_NAME,
            purpose=(
                "keeps you logged in, and remembers your checkout details, items saved for later "
                "and comparison list"
            ),
            lifetime=(
                f"{session_lifetime}, until you log out, or until you close the browser if you did "
                "not ask to stay logged in"
            ),
        )
        disclosures.register_cookie(
            settings.CSRF_COOKIE_NAME,
            purpose="protects the forms that you submit",
            lifetime=disclosures.format_duration(settings.CSRF_COOKIE_AGE),
        )
        disclosures.register_cookie(
            "messages",
            purpose="shows you a short message on the next page",
            lifetime="until the next page",
        )


class ShopAdminConfig(AdminConfig):
    """Django's admin on our own site, see admin_site.py."""

    default_site = "microflight.admin_site.ShopAdminSite"
