"""Limits of login and password reset: they stop guessing, and lock no owner out."""

from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import known_browsers
from accounts.adapter import MAX_FAILURES, MAX_RESET_MAILS, _hash
from accounts.mail.models import Message
from accounts.users.models import User
from tests.accounts.login import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"
OWNER, ATTACKER = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def owner(alice: User) -> User:
    """Alice, with a known password."""
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def _log_in(email: str, password: str, ip: str, browser: Client | None = None, **how: Any) -> bool:
    browser = browser or Client()
    answer = browser.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=ip, **how)
    return bool(answer.status_code == 302)


def _fail(email: str, ip: str, times: int) -> None:
    for _ in range(times):
        assert not _log_in(email, "wrong", ip)


def test_failures_elsewhere_do_not_lock_the_owner_out(owner: User):
    # Mutation: with allauth's key, which is the email alone, the owner was rejected
    for network in range(4):
        _fail(owner.email, f"203.0.{network}.9", 6)
    assert _log_in(owner.email, PASSWORD, OWNER)


@pytest.mark.parametrize(
    "ips", [("203.0.113.9", "203.0.113.77"), ("2001:db8:1::1", "2001:db8:1:9::2")]
)
def test_network_has_five_attempts_for_an_account(owner: User, ips: tuple[str, str]):
    _fail(owner.email, ips[0], 5)
    assert not _log_in(owner.email, PASSWORD, ips[1])
    assert _log_in(owner.email, PASSWORD, OWNER)


def test_known_browser_may_log_in_from_a_locked_network(owner: User):
    # Mutation: without `browser_of`, the owner's browser was rejected like a stranger's
    browser = Client()
    assert _log_in(owner.email, PASSWORD, ATTACKER, browser)
    browser.post("/account/logout/")
    _fail(owner.email, ATTACKER, 12)
    assert not _log_in(owner.email, PASSWORD, ATTACKER)
    assert _log_in(owner.email, PASSWORD, ATTACKER, browser)


def test_known_browser_has_ten_attempts(owner: User):
    browser = Client()
    assert _log_in(owner.email, PASSWORD, OWNER, browser)
    browser.post("/account/logout/")
    for _ in range(10):
        assert not _log_in(owner.email, "wrong", OWNER, browser)
    assert not _log_in(owner.email, PASSWORD, OWNER, browser)


def test_browser_of_another_account_is_not_known(owner: User, bob: User):
    browser = Client()
    cookie = signing.dumps(["browser", [bob.pk]], salt=known_browsers.COOKIE)
    browser.cookies[known_browsers.COOKIE] = cookie
    _fail(owner.email, ATTACKER, 5)
    assert not _log_in(owner.email, PASSWORD, ATTACKER, browser)


@pytest.mark.parametrize("cookie", ["", "x", "W10:1:x", signing.Signer().sign("W10")])
def test_forged_cookie_is_ignored(owner: User, cookie: str):
    browser = Client()
    browser.cookies[known_browsers.COOKIE] = cookie
    _fail(owner.email, ATTACKER, 5)
    assert not _log_in(owner.email, PASSWORD, ATTACKER, browser)
    assert _log_in(owner.email, PASSWORD, OWNER, browser)


def test_cookie_of_a_known_browser_is_for_account_pages_only(owner: User):
    browser = Client()
    _log_in(owner.email, PASSWORD, OWNER, browser)
    morsel = browser.cookies[known_browsers.COOKIE]
    assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == ("/account/", True, "Lax")
    assert owner.email not in morsel.value


def test_guessing_from_many_networks_is_limited_for_unknown_browsers(owner: User):
    browser = Client()
    assert _log_in(owner.email, PASSWORD, OWNER, browser)
    browser.post("/account/logout/")
    cache.set(f"limit:login-failed:{_hash(owner.email)}", MAX_FAILURES - 1, 60)
    _fail(owner.email, "203.0.1.9", 1)
    assert not _log_in(owner.email, PASSWORD, "203.0.2.9")
    assert _log_in(owner.email, PASSWORD, "203.0.3.9", browser)


def test_two_visitors_behind_one_proxy_have_their_own_limits(owner: User, settings: Any):
    # Mutation: allauth counted by REMOTE_ADDR, and the second visitor was rejected
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(12):
        _log_in(
            f"u{number}@example.com", "x", "10.0.0.1", HTTP_X_FORWARDED_FOR=f"9.9.9.9, {ATTACKER}"
        )
    forged = f"8.8.8.8, {ATTACKER}"
    assert not _log_in(owner.email, PASSWORD, "10.0.0.1", HTTP_X_FORWARDED_FOR=forged)
    assert _log_in(owner.email, PASSWORD, "10.0.0.1", HTTP_X_FORWARDED_FOR=OWNER)


def test_password_reset_by_strangers_does_not_stop_the_owner(owner: User):
    # Mutation: with allauth's limit by email, the owner got "Too many attempts"
    path = reverse("account_reset_password")
    for number in range(MAX_RESET_MAILS + 3):
        Client().post(path, {"email": owner.email}, REMOTE_ADDR=f"203.0.{number}.9")
    answer = Client().post(path, {"email": owner.email}, REMOTE_ADDR=OWNER)
    assert answer.url == reverse("account_reset_password_done")
    assert Message.objects.count() == MAX_RESET_MAILS  # enough links to choose from
