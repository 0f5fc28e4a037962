"""The shop's settings with shorter waits, since a storm lasts minutes."""

import os

from microflight.settings import *  # noqa: F403
from microflight.settings import STORAGES

# A fraction of a minute, which the shop's own whole number cannot say.
PAYMENT_WINDOW_MINUTES = float(os.environ.get("STORM_WINDOW_SECONDS", "30")) / 60
# All shoppers of a storm share a few networks.
UNPAID_LIMITS = dict.fromkeys(("visitor", "ip", "network"), (10**6, 10**9))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # log-ins are not measured
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
