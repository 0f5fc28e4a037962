"""Logs contain no secrets."""

import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings


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
        ("/category/orders/", "/category/orders/"),
    ],
)
def test_log_has_no_signed_links(path: str, shown: str):
    assert written("%s: %s", "Payment Required", path).endswith(f"Payment Required: {shown}")
