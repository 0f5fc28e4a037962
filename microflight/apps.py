from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class MicroFlightConfig(AppConfig):
    """The project itself: commands, health, the parts that know every room."""

    name = "microflight"

    def ready(self) -> None:
        """Declare the cookies that Django and allauth set on every kind of page."""
        from django.conf import settings

        from policies import register

        register.add_cookie(
            settings.SESSION_COOKIE_NAME,
            purpose=(
                "keeps you logged in, what you have typed at the checkout, what you kept for "
                "later, and your comparison list"
            ),
            lasts=(
                f"{register.lasting(settings.SESSION_COOKIE_AGE)}, until you log out, or until you "
                "close the browser if you did not ask to stay logged in"
            ),
        )
        register.add_cookie(
            settings.CSRF_COOKIE_NAME,
            purpose="proves that a form you send came from this site",
            lasts=register.lasting(settings.CSRF_COOKIE_AGE),
        )
        register.add_cookie(
            "messages",
            purpose="carries a short message to the next page that you see",
            lasts="until that page",
        )


class ShopAdminConfig(AdminConfig):
    """Django's admin on our own site, see admin_site.py."""

    default_site = "microflight.admin_site.ShopAdminSite"
