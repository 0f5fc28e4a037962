"""The shop's own settings, with the few changes that tests need."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DEMO", "1")

from microflight.settings import *  # noqa: E402, F403
from microflight.settings import BASE_DIR, MIDDLEWARE, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "private": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
RENDITIONS_ROOT = BASE_DIR / ".cache" / "renditions"
MIDDLEWARE = [m for m in MIDDLEWARE if "whitenoise" not in m]
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE_NAME")}  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
STRIPE_LOCK_TIMEOUT = 60  # a test that makes Stripe slow says how slow
STRIPE_SLOTS = 100  # tests run more threads than a web process has
