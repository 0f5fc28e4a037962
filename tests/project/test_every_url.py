"""Every URL, requested as every type of user, with valid and invalid values: never a 500."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.users.models import User
from policies import seed as policies
from tests.catalog import factories

pytestmark = pytest.mark.django_db

# What may stand in a part of an address: a row, none, more digits than a database takes, nonsense.
VALUES = {"sense": "1", "absent": "999999999999999999", "huge": "9" * 30, "garbage": "%00-x"}
FIELDS = (
    "q", "sort", "in_stock", "page", "address", "payment_intent", "product", "next", "o", "p",
    "desk", "state", "stock", "settled", "published", "e", "_popup", "_to_field", "term",
    "app_label", "cart", "quantity", "variant", "code", "country", "province", "postcode",
    "shipping_method", "email", "number", "confirmation_token", "kind", "login", "password",
)  # fmt: skip
NONSENSE = dict.fromkeys(FIELDS, "\x00'<x>")
QUERY = urlencode(NONSENSE)
_CONVERTER = re.compile(r"<[^>]+>")


def _patterns(patterns: list, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + _plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "/" + route


def _plain(route: str) -> str:
    """A regular expression's parts as a route's: `(?P<pk>\\d+)` becomes `<pk>`."""
    route = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")


ADDRESSES = sorted(set(_patterns(get_resolver().url_patterns)))


@pytest.fixture
def everybody(alice: User, charlie: User) -> dict[str, Client]:
    """A stranger, a customer, a member of staff, in a shop with something on its shelf."""
    policies.load()
    top = factories.category("Gear")
    factories.products(3, top)
    people = {"stranger": Client(), "customer": Client(), "staff": Client()}
    User.objects.update(date_joined=timezone.now())  # they come after the texts
    people["customer"].force_login(User.objects.get(pk=alice.pk))
    people["staff"].force_login(User.objects.get(pk=charlie.pk))
    return people


def _breaks(client: Client, method: str, path: str, data: dict[str, str] | None = None) -> str:
    """What went wrong, or nothing."""
    try:
        answer = getattr(client, method)(path, data or {})
    except Exception as error:
        return repr(error)[:200]
    return str(answer.status_code) if answer.status_code >= 500 else ""


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("who", ["stranger", "customer", "staff"])
def test_every_url_responds(everybody: dict[str, Client], who: str, kind: str) -> None:
    found: dict[str, str] = {}
    for address in ADDRESSES:
        path = _CONVERTER.sub(VALUES[kind], address)
        if kind == "sense":
            found[path] = _breaks(everybody[who], "get", path)
        found[f"{path}?"] = _breaks(everybody[who], "get", f"{path}?{QUERY}")
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("kind", ["sense", "huge"])
@pytest.mark.parametrize("who", ["stranger", "customer", "staff"])
def test_every_form_responds(everybody: dict[str, Client], who: str, kind: str) -> None:
    client, found = everybody[who], {}
    cookies = client.cookies.copy()
    for address in ADDRESSES:
        path = _CONVERTER.sub(VALUES[kind], address)
        client.cookies = cookies.copy()
        found[path] = _breaks(client, "post", path, {})
        found[f"{path} garbage"] = _breaks(client, "post", path, NONSENSE)
    assert {path: words for path, words in found.items() if words} == {}
