"""Production settings for the shop in a separate process, without collected static files."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")

from microflight.settings import *  # noqa: E402, F403
from microflight.settings import MIDDLEWARE, STORAGES  # noqa: E402

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [each for each in MIDDLEWARE if "whitenoise" not in each]
