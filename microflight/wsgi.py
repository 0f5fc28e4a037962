"""The WSGI application. Django runs no checks here, so the Stripe keys are checked."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microflight.settings")
application = get_wsgi_application()

from checkout.payment.checks import refuse_bad_keys  # noqa: E402 (Django is set up by now)

refuse_bad_keys()
