"""Logs contain no secrets."""

import logging
import logging.config
import re
from typing import Any

import pytest
from django.conf import settings

from tests.project.secret_paths import secret_paths


def written(message: str, *args: Any, **more: Any) -> str:
    made = logging.config.DictConfigurator(settings.LOGGING)  # type: ignore[attr-defined]
    formatter = made.configure_formatter(settings.LOGGING["formatters"]["line"])
    record = logging.LogRecord("django.request", 30, "x.py", 1, message, args, None)
    return formatter.format(record)


@pytest.mark.promise("log-names-nobody")
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/checkout/retry/100014/aB3-x_Y/", "/checkout/retry/100014/…/"),
        ("/checkout/change/100014/aB3-x_Y/", "/checkout/change/100014/…/"),
        ("/orders/100014/aB3-x_Y/", "/orders/100014/…/"),
        ("/account/password/reset/key/1-abc123/", "/account/password/reset/key/…/"),
        ("/account/confirm-email/Mg:abc-def/", "/account/confirm-email/…/"),
        ("/newsletter/confirm/1:1xVIjU:sx-pT_/", "/newsletter/confirm/…/"),
        ("/newsletter/unsubscribe/B_vtlXl1.q9-_x/", "/newsletter/unsubscribe/…/"),
        ("/newsletter/preferences/B_vtlXl1/", "/newsletter/preferences/…/"),
        ("/newsletter/view/B_vtlXl1.q9-_x/", "/newsletter/view/…/"),
        ("/newsletter/leave/B_vtlXl1/", "/newsletter/leave/…/"),
        ("/back-in-stock/confirm/1:1xVIjU:sx-pT_/", "/back-in-stock/confirm/…/"),
        ("/back-in-stock/end/1:sx-pT_/", "/back-in-stock/end/…/"),
        ("/saved-searches/end/1:sx-pT_/", "/saved-searches/end/…/"),
        ("/delays/aB3-x_Y/", "/delays/…/"),
        ("/order-form/100014/aB3-x_Y/pdf/", "/order-form/100014/…/pdf/"),
        ("/orders/100014/aB3-x_Y/returns/1/photos/", "/orders/100014/…/returns/1/photos/"),
        ("/login/?next=%2Forders%2F100014%2FaB3-x_Y%2F", "/login/?next=%2Forders%2F100014%2F…%2F"),
        (
            "/checkout/thank-you/?payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2",
            "/checkout/thank-you/?payment_intent=pi_1&payment_intent_client_secret=…",
        ),
        ("/category/orders/", "/category/orders/"),
        ("/x?response_code=200", "/x?response_code=200"),
    ],
)
def test_log_has_no_signed_links(path: str, shown: str):
    assert written("%s: %s", "Payment Required", path).endswith(f"Payment Required: {shown}")


#: Names of URL parameters that give access.
def test_every_url_with_a_secret_is_redacted():
    # Mutation: back-in-stock links were not in the pattern: "/back-in-stock/confirm/secret/"
    paths = secret_paths()
    assert len(paths) > 20
    for path in paths:
        assert "SECRET" not in re.sub("(photos|pictures)/SECRET", "", written("%s", path)), path


def test_worker_logs_are_formatted_by_us():
    assert settings.CELERY_WORKER_HIJACK_ROOT_LOGGER is False
    assert settings.LOGGING["root"]["handlers"] == ["console"]
