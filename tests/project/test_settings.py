"""Settings from the environment: missing and invalid values are named."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from microflight.core import environment
from microflight.core.email_url import parse_email_url

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "a-long-secret-that-only-this-test-knows-0123456789",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "sqlite:///:memory:",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtps://mail.example",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}


def _start(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_shop_starts_with_all_settings() -> None:
    assert _start(PRODUCTION).returncode == 0


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_missing_setting_is_named(name: str) -> None:
    done = _start({key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"The shop does not start: The environment variable {name} is not set."
    )
    assert "Traceback" not in done.stderr


def test_live_keys_require_the_live_url() -> None:
    env = {"PATH": os.environ["PATH"], **PRODUCTION, "STRIPE_API_BASE": "http://127.0.0.1:1"}
    command = [sys.executable, "-c", "import microflight.wsgi"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Live Stripe keys with a URL that is not Stripe's" in done.stderr


def test_demo_listens_locally_only() -> None:
    done = _start({"DEMO": "1", "ALLOWED_HOSTS": "shop.example"})
    assert done.returncode == 1
    assert "only for 127.0.0.1" in done.stderr


def test_every_variable_is_in_the_example_file() -> None:
    source = "".join(
        (ROOT / "microflight" / name).read_text() for name in ("settings.py", "gunicorn.py")
    )
    read = set(re.findall(r'(?:env\.\w+|_needed|environ\.get)\(\s*"([A-Z_]+)"', source))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert read <= example


def test_invalid_flag_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG must be 1 or 0, not 'maybe'"):
        environment.flag("DEBUG")


@pytest.mark.parametrize("value", ["-5", "101", "ten", ""])
def test_number_out_of_bounds_is_rejected(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURN_FEE_PERCENT", value)
    with pytest.raises(ImproperlyConfigured, match=f"from 0 to 100, not '{value}'"):
        environment.number("RETURN_FEE_PERCENT", 0, most=100)


def test_mail_server_with_login_uses_tls() -> None:
    found = parse_email_url("smtp://shop:p%40ss@mail.example:587")
    assert found["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        587,
        True,
        False,
    )


def test_unknown_email_url_is_rejected() -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must start with"):
        parse_email_url("http://mail.example")


def test_provider_url_sets_backend_and_key() -> None:
    assert parse_email_url("anymail+postmark://a%2Fb") == {
        "EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend",
        "ANYMAIL": {"POSTMARK_SERVER_TOKEN": "a/b"},
    }
    assert parse_email_url("anymail+mailgun://key-1@mg.shop.example?region=eu") == {
        "EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend",
        "ANYMAIL": {
            "MAILGUN_API_KEY": "key-1",
            "MAILGUN_SENDER_DOMAIN": "mg.shop.example",
            "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
        },
    }


@pytest.mark.parametrize("url", ["anymail+postmark://", "anymail+mailgun://key", "anymail+x://y"])
def test_provider_without_key_is_rejected(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be anymail"):
        parse_email_url(url)


def test_no_cookie_can_be_read_by_scripts(client: Client, db: None) -> None:
    # Mutation: without CSRF_COOKIE_HTTPONLY, wapiti reported "csrftoken"
    client.get("/account/login/")
    assert {name: bool(each["httponly"]) for name, each in client.cookies.items()} == {
        "csrftoken": True
    }
