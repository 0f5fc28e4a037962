"""deploy/nginx.conf: its syntax where nginx is installed, and what it shares with the shop."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.project.secret_paths import secret_paths

CONFIG = (Path(settings.BASE_DIR) / "deploy" / "nginx.conf").read_text()


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_accepts_the_configuration(tmp_path: Path):
    # Mutation: after removing a semicolon nginx reported "unexpected }"
    paths = {
        "/etc/ssl/microflight": tmp_path,
        "/var/log/nginx": tmp_path,
        "/srv/microflight": tmp_path,
    }
    text = CONFIG
    for path, replacement in paths.items():
        text = text.replace(path, str(replacement))
    (tmp_path / "shop.conf").write_text(text)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=www.example.com", "-keyout", "privkey.pem", "-out", "fullchain.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    main = f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/shop.conf; }}"
    (tmp_path / "nginx.conf").write_text(main)
    done = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_nginx_has_the_body_limits_of_the_shop():
    limits = re.findall(r"client_max_body_size (\d+[km]);", CONFIG)
    large = [f"{size // 1024**2}m" for size in settings.LARGE_BODIES.values()]
    assert limits == ["1k", f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024}k", *large]


def test_nginx_waits_longer_than_the_shop_for_stripe():
    (seconds,) = re.findall(r"  proxy_read_timeout (\d+)s;  # longer than STRIPE_DEADLINE", CONFIG)
    assert int(seconds) > settings.STRIPE_DEADLINE + 2


def test_nginx_replaces_what_clients_say_about_themselves():
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in CONFIG
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in CONFIG


def _logged(path: str) -> str:
    """Return what nginx logs of a URL."""
    rules = re.findall(r'^  "~(\^\S+)"\s+"(\$\S+)";$', CONFIG, re.M)
    for pattern, shown in rules:
        if found := re.match(pattern, path):
            return str(shown).replace("${start}", found["start"]).replace("$start", found["start"])
    raise AssertionError(path)


def test_nginx_masks_every_secret_that_the_shop_masks():
    for path in secret_paths():
        assert "SECRET" not in _logged(path), path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/orders/100014/aB3-x_Y/?x=1", "/orders/100014/***"),
        ("/orders/100014/aB3-x_Y/return/", "/orders/100014/***"),
        ("/checkout/retry/100014/aB3-x_Y/", "/checkout/retry/100014/***"),
        ("/checkout/change/100014/aB3-x_Y/", "/checkout/change/100014/***"),
        ("/account/password/reset/key/1-abc123/", "/account/password/reset/key/***"),
        ("/account/confirm-email/Mg:abc-def/", "/account/confirm-email/***"),
        ("/newsletter/confirm/1:1xVIjU:sx-pT_/", "/newsletter/confirm/***"),
        ("/newsletter/unsubscribe/B_vtlXl1/", "/newsletter/unsubscribe/***"),
        ("/newsletter/leave/B_vtlXl1/", "/newsletter/leave/***"),
        ("/newsletter/preferences/B_vtlXl1/", "/newsletter/preferences/***"),
        ("/newsletter/view/B_vtlXl1/", "/newsletter/view/***"),
        ("/back-in-stock/confirm/abc/", "/back-in-stock/confirm/***"),
        ("/back-in-stock/end/abc/", "/back-in-stock/end/***"),
        ("/saved-searches/end/abc/", "/saved-searches/end/***"),
        ("/search/?q=falcon", "/search/"),
        ("/orders/?number=100014", "/orders/"),
        ("/account/password/reset/", "/account/password/reset/"),
    ],
)
def test_nginx_logs_no_secret_link_and_no_query(path: str, shown: str):
    assert _logged(path) == shown
