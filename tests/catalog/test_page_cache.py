"""The page cache: what visitors share, what they never share, and when changes are visible."""

import re
from decimal import Decimal

import pytest
import redis
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.partner.models import StockRecord
from microflight.core import page_cache
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rod():
    return factories.product("Rod", price="10.00", into=factories.category("Gear"))


@pytest.fixture
def no_statement(django_assert_num_queries):
    return lambda: django_assert_num_queries(0)


@pytest.fixture
def stopped_clock():
    """Stop the clock, since forms contain a signed time."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize(("here", "question"), [(True, "get"), (False, "get_many")])
def test_cached_page_makes_no_queries_and_one_cache_request(
    rod, no_statement, monkeypatch, here, question
):
    """This process rendered the page itself and only requests the stamp."""
    first = Client().get(rod.get_absolute_url())
    if not here:
        page_cache._local.clear()
    asked = []
    for name in ("get", "get_many", "set", "add", "incr", "touch"):
        verb = getattr(cache, name)
        monkeypatch.setattr(
            cache,
            name,
            lambda *a, _verb=verb, _name=name, **k: asked.append(_name) or _verb(*a, **k),
        )
    with no_statement():
        second = Client().get(rod.get_absolute_url())
    assert asked == [question]
    assert _without_token(second) == _without_token(first)


_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def _token(response) -> str:
    return _TOKEN.search(response.content.decode())[1]


def _without_token(response) -> str:
    return _TOKEN.sub("", response.content.decode())


def test_visitors_never_get_each_others_parts(rod, alice, bob):
    pages = {}
    for person in (alice, bob, None):
        client = Client()
        if person:
            client.force_login(person)
        pages[person] = client.get(rod.get_absolute_url())
    for person, response in pages.items():
        for other in (alice, bob):
            assert (f"My account, {other.first_name}" in response.content.decode()) == (
                person == other
            )
    assert "Log in" in pages[None].content.decode()
    assert len({_token(response) for response in pages.values()}) == 3


def test_name_of_the_account_link_begins_with_what_is_seen(alice):
    alice.first_name = "Maximiliana-Josefine"
    alice.save()
    client = Client()
    client.force_login(alice)
    link = client.get("/cart/").content.decode().partition('aria-label="My account, ')[2]
    name, _quote, shown = link.partition('"')
    assert name == "Maximiliana-Jos…"
    assert '<span class="word">Maximiliana-Jos…</span>' in shown


def test_form_on_a_shared_page_can_be_submitted(rod):
    Client().get(rod.get_absolute_url())
    client = Client(enforce_csrf_checks=True)
    page = client.get(rod.get_absolute_url())
    assert "csrftoken" in page.cookies
    data = {"product": rod.pk, "csrfmiddlewaretoken": _token(page)}
    assert client.post(reverse("compare:add"), data).status_code == 302
    assert Client(enforce_csrf_checks=True).post(reverse("compare:add"), data).status_code == 403


def test_cached_page_contains_no_token_name_or_message(rod, alice):
    client = Client()
    client.force_login(alice)
    client.post(reverse("compare:add"), {"product": rod.pk})
    page = client.get(rod.get_absolute_url()).content.decode()
    assert "Rod added to your comparison." in page
    assert (
        "Rod added to your comparison." not in client.get(rod.get_absolute_url()).content.decode()
    )
    other = Client().get(rod.get_absolute_url()).content.decode()
    assert "alice" not in other
    assert "in your comparison." not in other


def test_new_price_is_shown_as_soon_as_it_is_saved(rod, client, django_capture_on_commit_callbacks):
    assert "$10.00" in client.get(rod.get_absolute_url()).content.decode()
    StockRecord.objects.update(price=Decimal("12.50"))
    assert "$10.00" in client.get(rod.get_absolute_url()).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page_cache.invalidate()
    assert "$12.50" in client.get(rod.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True)
def test_saving_invalidates_the_cache_on_commit(rod):
    for row in (rod, rod.stockrecords.get(), rod.categories.get()):
        before = cache.get(page_cache.STAMP)
        with transaction.atomic():
            row.save()
            assert cache.get(page_cache.STAMP) == before
        assert cache.get(page_cache.STAMP) != before


def test_expired_page_is_rendered_by_one_visitor_only(rod, client, time_machine):
    time_machine.move_to("2026-11-22 12:00:00Z", tick=False)
    client.get(rod.get_absolute_url())
    StockRecord.objects.update(price=Decimal("12.50"))
    time_machine.shift(46)
    assert "$12.50" in client.get(rod.get_absolute_url()).content.decode()

    StockRecord.objects.update(price=Decimal("14.00"))
    time_machine.shift(46)
    key = next(key for key in _keys() if key.endswith(":rendering"))
    cache.set(key, 1)  # another visitor's request is rendering it
    assert "$12.50" in client.get(rod.get_absolute_url()).content.decode()


def _keys() -> list[str]:
    server = redis.from_url(cache._cache._servers[0])
    keys = [key.decode().split(":", 2)[2] for key in server.scan_iter("shop:1:page:*")]
    return [key for key in keys if key != page_cache.STAMP]


def test_unknown_parameters_share_one_entry(rod, client, no_statement):
    address = rod.categories.get().get_absolute_url()
    client.get(address + "?sort=name&utm_source=x")
    with no_statement():
        client.get(address + "?utm_source=y&fbclid=z&sort=name")


def test_404s_and_redirects_are_not_cached(rod, client):
    client.get("/catalogue/none_123456/")
    client.get(f"/catalogue/other_{rod.pk}/")
    assert not [key for key in _keys() if "stored" not in key]


def test_number_of_new_pages_in_a_minute_is_limited(rod, client, monkeypatch):
    monkeypatch.setattr(page_cache, "MOST_STORED", 3)
    with time_machine.travel(timezone.now(), tick=False):  # no new minute begins between pages
        for number in range(6):
            client.get(f"/search/?q=rod{number}")
    assert len([key for key in _keys() if "stored" not in key]) == 3


def test_pages_work_without_the_cache(rod, alice, settings):
    client = Client()
    client.force_login(alice)
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    for address in ("/", rod.get_absolute_url(), rod.categories.get().get_absolute_url()):
        assert client.get(address).status_code == 200
        assert Client().get(address).status_code == 200


def test_proxies_may_not_cache_pages(rod, client):
    for _ in range(2):
        response = client.get(rod.get_absolute_url())
        assert response["Cache-Control"] == "private, no-cache"


def test_logged_in_visitor_makes_a_constant_number_of_queries(rod, alice, connection_count):
    client = Client()
    client.force_login(alice)
    client.get(rod.get_absolute_url())  # what changes seldom is read once by each process
    assert connection_count(lambda: client.get(rod.get_absolute_url())) <= 2


@pytest.fixture
def connection_count():
    from django.db import connection

    def count(verb) -> int:
        with CaptureQueriesContext(connection) as found:
            verb()
        return len(found)

    return count
