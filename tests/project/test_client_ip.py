"""The visitor's IP address and network: one function for our code and for allauth."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings as shop_settings

from microflight.core.limits import client_ip, client_network

HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.fixture
def proxy(settings: Any) -> Any:
    """The shop is behind one proxy."""
    settings.SECURE_PROXY_SSL_HEADER, settings.ALLAUTH_TRUSTED_PROXY_COUNT = HEADER, 1
    return settings


@pytest.mark.parametrize(
    ("forwarded", "ip"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the first was forged
        ("198.51.100.7:4711", "198.51.100.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("1.2.3.4, <script>", "127.0.0.1"),
        ("1.2.3.4,", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_address_comes_from_the_proxy(rf: Any, proxy: Any, forwarded: str, ip: str):
    # Mutation: allauth's own function raised PermissionDenied for an address that is not one
    request = rf.get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR="127.0.0.1")
    assert client_ip(request) == ip
    assert get_ip(request) == client_network(request)


def test_header_without_proxy_is_ignored(rf: Any):
    request = rf.get("/", HTTP_X_FORWARDED_FOR="198.51.100.7", REMOTE_ADDR="203.0.113.9")
    assert (client_ip(request), get_ip(request)) == ("203.0.113.9", "203.0.113.9")


def test_address_behind_two_proxies_is_what_the_first_saw(rf: Any, proxy: Any):
    proxy.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    request = rf.get("/", HTTP_X_FORWARDED_FOR="1.1.1.1, 198.51.100.7, 10.0.0.1")
    assert client_ip(request) == "198.51.100.7"
    short = rf.get("/", HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert client_ip(short) == "198.51.100.7"


@pytest.mark.parametrize(
    ("ip", "limit", "login"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.0"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::", "2001:db8:1::"),
        ("", "", ""),
    ],
)
def test_network_has_one_limit(rf: Any, ip: str, limit: str, login: str):
    request = rf.get("/", REMOTE_ADDR=ip)
    assert client_network(request) == limit
    assert client_network(request, v4=24, v6=48) == login


@pytest.mark.parametrize(("value", "count"), [("0", 0), ("1", 1), ("2", 2)])
def test_behind_proxy_sets_the_count_for_allauth(value: str, count: int):
    show = (
        "from microflight import settings as s;"
        "print(s.ALLAUTH_TRUSTED_PROXY_COUNT, bool(s.SECURE_PROXY_SSL_HEADER))"
    )
    env = {"DEMO": "1", "BEHIND_PROXY": value, "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", show], env=env, capture_output=True, text=True, check=True,
        cwd=shop_settings.BASE_DIR,
    )  # fmt: skip
    assert done.stdout.split() == [str(count), str(count > 0)]


def test_only_one_module_reads_addresses():
    root = Path(shop_settings.BASE_DIR)
    found = [
        str(path.relative_to(root))
        for package in ("accounts", "catalog", "checkout", "microflight", "policies")
        for path in (root / package).rglob("*.py")
        if any(word in path.read_text() for word in ("REMOTE_ADDR", "X_FORWARDED_FOR"))
    ]
    assert found == ["microflight/core/limits.py"]
