"""Saved searches: save, confirm, notify once for each match, unsubscribe."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import build_email, compose
from accounts.users.models import User
from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.saved_searches import emails, services
from catalog.saved_searches.matches import describe, list_url, normalize
from catalog.saved_searches.models import SavedSearch, SavedSearchMatch
from tests.catalog import factories

pytestmark = pytest.mark.django_db
URL = "/saved-searches/"
CHEAP = "price.to=5"


@pytest.fixture(autouse=True)
def _rod() -> None:
    """A product that matches already."""
    cache.clear()
    factories.product("Thin rod", price="4.00")


def save(client: Client, query: str = CHEAP, email: str = "dana@example.com") -> str:
    data = {"query": query, "email": email}
    return client.post(URL, data, follow=True).content.decode()


def confirmed(query: str = CHEAP, email: str = "dana@example.com") -> SavedSearch:
    search = services.save(query=query, name=describe(query), email=email, verified=True)
    assert search is not None
    return search


def written(email_type: str) -> list[Message]:
    return list(Message.objects.filter(email_type=email_type).order_by("pk"))


def text_of(message: Message) -> str:
    return str(compose(message).text)


def link_in(text: str, step: str) -> str:
    found = re.search(rf"https?://[^/]+({URL}{step}/\S+)", text)
    assert found is not None
    return found[1]


def new_titles() -> list[list[str]]:
    """Run the job; return the titles in each new email."""
    Message.objects.all().delete()
    services.notify_all()
    return [
        [one["title"] for one in emails.saved_search_context(message)["products"]]
        for message in written("saved-search")
    ]


# --- Saving --------------------------------------------------------------------------------------


@pytest.mark.promise("saved-searches")
def test_guest_confirms_by_email_before_anything_is_sent(client: Client) -> None:
    page = save(client)
    assert "Check your email for a link" in page
    search = SavedSearch.objects.get()
    assert (search.email, search.query, search.confirmed_at) == (
        "dana@example.com", "price.to=5", None,
    )  # fmt: skip
    factories.product("Cheap tube", price="3.00")
    assert services.notify_all() == 0
    link = link_in(text_of(written("confirm-saved-search")[0]), "confirm")
    assert "Confirm your email" in client.get(link).content.decode()
    assert SavedSearch.objects.confirmed().count() == 0
    assert "all set" in client.post(link).content.decode()
    assert SavedSearch.objects.confirmed().count() == 1
    assert SavedSearchMatch.objects.count() == 2  # known: no email about them


def test_account_uses_its_verified_email_at_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = save(client, email="eve@example.com")
    assert "We’ll email alice@example.com" in page
    search = SavedSearch.objects.get()
    assert (search.email, search.user) == ("alice@example.com", alice)
    assert search.confirmed_at is not None
    assert written("confirm-saved-search") == []


def test_answer_is_the_same_for_a_known_address(client: Client) -> None:
    confirmed()
    assert "Check your email for a link" in save(client)
    assert SavedSearch.objects.count() == 1
    assert written("confirm-saved-search") == []


def test_search_that_is_too_long_once_encoded_is_rejected(client: Client) -> None:
    # 300 characters as typed; each takes nine in a query string
    typed = "&".join(f"a.name{n}=" + "\N{CJK UNIFIED IDEOGRAPH-9F20}" * 60 for n in range(5))
    assert "This search is too long to save." in save(client, query=f"q=motor&{typed}")
    assert not SavedSearch.objects.exists()


def test_confirmation_repeats_nothing_that_was_typed(client: Client) -> None:
    # A stranger must not write to any address in our name.
    save(client, query="q=Account+locked")
    assert "locked" not in text_of(written("confirm-saved-search")[0])


def test_form_shows_what_is_saved(client: Client) -> None:
    page = client.get(f"{URL}?q=rod&in_stock=1&page=3&sort=price").content.decode()
    assert "rod, In stock only" in page
    assert 'value="in_stock=1&amp;q=rod"' in page
    assert "choose a filter first" in client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", "This field is required"),
        ("sort=price&page=2", "choose a filter first"),
        ("price.to=abc", "choose a filter first"),
        ("price.from=9&price.to=1", "choose a filter first"),
        ("q=" + "x" * 101, "choose a filter first"),
        ("q=" + "x" * 10_000, "at most 1000 characters"),
    ],
)
def test_search_that_says_nothing_is_not_saved(client: Client, query: str, error: str) -> None:
    answer = client.post(URL, {"query": query, "email": "dana@example.com"})
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert not SavedSearch.objects.exists()


def test_search_with_too_many_matches_is_not_saved(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.saved_searches.forms.MOST_MATCHES", 0)
    assert "Too many products match this search" in save(client)
    assert not SavedSearch.objects.exists()


def test_limits_of_an_email_and_of_a_network(client: Client, alice: User) -> None:
    for number in range(6):
        save(client, f"price.to={number + 5}")
    assert len(written("confirm-saved-search")) == 5
    for number in range(20):
        confirmed(f"price.to={number + 50}", alice.email)
    client.force_login(alice)
    assert "You have many saved searches" in save(client)
    for number in range(20):
        answer = client.post(URL, {"query": CHEAP, "email": f"d{number}@example.com"})
    assert answer.status_code == 429


def test_query_is_stored_in_one_spelling() -> None:
    query = normalize(QueryDict("page=2&q= Rod  1&in_stock=on&price.from=&x=1&sort=name"))
    assert query == "in_stock=1&q=Rod+1"
    assert list_url(query) == "/search/?q=Rod+1&in_stock=1"
    assert list_url(CHEAP) == "/catalogue/?price.to=5"


# --- Notifying -----------------------------------------------------------------------------------


def test_each_new_match_is_sent_once() -> None:
    # Mutation: without SavedSearchMatch rows, the tube was in every email
    confirmed()
    assert new_titles() == []
    factories.product("Cheap tube", price="3.00")
    factories.product("Dear tube", price="30.00")
    assert new_titles() == [["Cheap tube"]]
    assert new_titles() == []
    factories.product("Cheap cone", price="2.00")
    assert new_titles() == [["Cheap cone"]]


def test_older_product_that_starts_to_match_is_sent() -> None:
    tube = factories.product("Dear tube", price="30.00")
    hidden = factories.product("Hidden", price="1.00", is_public=False)
    confirmed()
    record = StockRecord.objects.get(product=tube)
    record.price = Decimal("4.50")
    record.save()
    hidden.is_public = True
    hidden.save()
    assert sorted(new_titles()[0]) == ["Dear tube", "Hidden"]


def test_words_and_filters_both_count() -> None:
    confirmed("in_stock=1&q=rod")
    factories.product("Thick rod", stock=0)
    factories.product("Tube")
    factories.product("Long rod")
    assert new_titles() == [["Long rod"]]


def test_email_lists_ten_products_and_says_how_many_more() -> None:
    confirmed()
    for number in range(12):
        factories.product(f"Part {number}", price="1.00")
    assert services.notify_all() == 1
    (message,) = written("saved-search")
    text = text_of(message)
    assert text.count("/catalogue/part-") == 10
    assert "And 2 more products." in text
    assert "http://127.0.0.1:8000/catalogue/?price.to=5" in text


def test_product_that_was_hidden_meanwhile_is_not_sent() -> None:
    confirmed()
    tube = factories.product("Tube", price="1.00")
    services.notify_all()
    Product.objects.filter(pk=tube.pk).update(is_public=False)
    with pytest.raises(Exception, match="None of the products is public"):
        emails.saved_search_context(written("saved-search")[0])


def test_two_runs_of_the_job_write_one_email() -> None:
    search = confirmed()
    factories.product("Tube", price="1.00")
    assert services.notify(search.pk) is True
    assert services.notify(search.pk) is False
    assert len(written("saved-search")) == 1


# --- Cancelling ----------------------------------------------------------------------------------


@pytest.mark.promise("saved-searches")
def test_link_in_each_email_unsubscribes(client: Client) -> None:
    confirmed()
    other = confirmed("q=rod")
    factories.product("Cheap rod", price="1.00")
    services.notify_all()
    message = written("saved-search")[0]
    link = link_in(text_of(message), "end")
    header = build_email(message, compose(message)).extra_headers["List-Unsubscribe"]
    assert header == f"<http://127.0.0.1:8000{link}>"
    client.get(link)
    assert SavedSearch.objects.count() == 2
    one_click = Client(enforce_csrf_checks=True)
    answer = one_click.post(link, {"List-Unsubscribe": "One-Click"})
    assert "Saved search deleted" in answer.content.decode()
    assert list(SavedSearch.objects.all()) == [other]
    assert client.post(link).status_code == 200  # again


@pytest.mark.parametrize("token", ["x", "1:x", "%00", "9" * 300])
@pytest.mark.parametrize("step", ["confirm", "end"])
def test_forged_link_is_not_found(client: Client, step: str, token: str) -> None:
    search = confirmed()
    assert client.post(f"{URL}{step}/{token}/").status_code == 404
    assert SavedSearch.objects.filter(pk=search.pk).exists()


@pytest.mark.promise("saved-searches")
def test_confirmation_expires_and_the_row_is_deleted(client: Client) -> None:
    save(client)
    link = link_in(text_of(written("confirm-saved-search")[0]), "confirm")
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        assert client.post(link).status_code == 410
        assert services.delete_unconfirmed() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=97)):
        assert services.delete_unconfirmed() == 1


def test_account_lists_and_deletes_its_own(client: Client, alice: User, bob: User) -> None:
    mine = confirmed(email=alice.email)
    bobs = confirmed(email=bob.email)
    client.force_login(alice)
    page = client.get("/account/saved-searches/").content.decode()
    assert page.count("/catalogue/?price.to=5") == 1
    assert client.post(f"/account/saved-searches/{bobs.pk}/end/").status_code == 404
    client.post(f"/account/saved-searches/{mine.pk}/end/")
    assert list(SavedSearch.objects.all()) == [bobs]


def test_saved_searches_are_deleted_with_the_account(alice: User) -> None:
    services.save(query=CHEAP, name="x", email=alice.email, user=alice, verified=True)
    alice.delete()
    assert not SavedSearch.objects.exists()
