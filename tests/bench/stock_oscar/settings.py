"""The other shop of the bench: django-oscar as installed, set up as its documentation says.

Nothing of Oscar is changed. Ours are: the payment step, which Oscar leaves to each shop
(`checkout/views.py`), the same session and cache engines as our own shop has, and mail that goes
nowhere (Oscar renders it and hands it over within the request).
"""

import os

import dj_database_url
import oscar
from oscar.defaults import *  # noqa: F403 (Oscar reads its defaults from here)

SECRET_KEY = "stock-oscar-in-the-bench"  # noqa: S105 (guards nothing)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
SITE_ID = 1
ROOT_URLCONF = "tests.bench.stock_oscar.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

_OURS = "tests.bench.stock_oscar.checkout.apps.CheckoutConfig"  # with a payment step
INSTALLED_APPS = [
    *(_OURS if app.startswith("oscar.apps.checkout") else app for app in oscar.INSTALLED_APPS),
    "sorl.thumbnail",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
AUTHENTICATION_BACKENDS = ["oscar.apps.customer.auth_backends.EmailBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["REDIS_URL"],
        "KEY_PREFIX": "stock-oscar",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(os.environ["VAR_DIR"], "stock-oscar-static")
MEDIA_ROOT = os.path.join(os.environ["VAR_DIR"], "stock-oscar-media")
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}

OSCAR_SHOP_NAME = "Stock Oscar"
OSCAR_DEFAULT_CURRENCY = "CAD"
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_INITIAL_ORDER_STATUS = OSCAR_INITIAL_LINE_STATUS = "Pending"

STRIPE_API_BASE = os.environ["STRIPE_API_BASE"]
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING"}}


class _FromModels(dict[str, None]):
    """Makes the tables from the models: Oscar's history of migrations takes half a minute."""

    def __contains__(self, label: object) -> bool:
        return True

    def __missing__(self, label: str) -> None:
        return None


MIGRATION_MODULES = _FromModels()
