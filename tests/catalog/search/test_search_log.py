"""The search log and its admin."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.search_index.models import SearchTerm, Synonym
from catalog.search_index.tasks import update_search
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def _rows() -> list[tuple]:
    return list(SearchTerm.objects.order_by("term").values_list("term", "searches", "results"))


def test_searches_are_counted_by_day_without_anything_else(client):
    factories.product("Micro receiver")
    client.get("/search/", {"q": "Micro  RECEIVER"})
    client.get("/search/", {"q": "micro receiver"})  # another page for the cache
    client.get("/search/", {"q": "zeppelin"})
    assert _rows() == [("micro receiver", 2, 1), ("zeppelin", 1, 0)]
    assert {field.name for field in SearchTerm._meta.fields} == {
        "id", "term", "day", "searches", "results"
    }  # fmt: skip
    assert SearchTerm.objects.first().day == timezone.localdate()


@pytest.mark.parametrize(
    "query", ["", "alice@example.com", "+1 306 955 1836", "x" * 61, "4242 4242 4242 4242"]
)
def test_nothing_personal_is_logged(client, query):
    client.get("/search/", {"q": query})
    assert _rows() == []


def test_closest_results_count_as_no_results(client):
    factories.product("Micro receiver")
    client.get("/search/", {"q": "micro zeppelin"})
    assert _rows() == [("micro zeppelin", 1, 0)]


def test_old_terms_are_deleted():
    today = timezone.localdate()
    for days in (365, 366):
        SearchTerm.objects.create(term=str(days), day=today - timedelta(days=days), results=0)
    update_search()
    assert [row[0] for row in _rows()] == ["365"]


def test_staff_make_a_term_without_results_a_synonym(admin_client, client):
    factories.product("Micro receiver")
    client.get("/search/", {"q": "rx & co"})
    client.get("/search/", {"q": "receiver"})
    listed = admin_client.get(
        reverse("admin:search_index_searchterm_changelist"), {"found": "none"}
    ).content.decode()
    url = f"{reverse('admin:search_index_synonym_add')}?term=rx+%26amp%3B+co"
    url = url.replace("%26amp%3B", "%26")
    assert f'<a href="{url}">Make a synonym</a>' in listed
    assert listed.count("Make a synonym") == 1
    form = admin_client.get(url).content.decode()
    assert 'value="rx &amp; co"' in form
    data = {"term": "rx & co", "means": "receiver", "language": ""}
    assert admin_client.post(url, data).status_code == 302
    assert Synonym.objects.get().key == "rx co"
    assert "1 product for" in client.get("/search/", {"q": "RX & co"}).content.decode()


@pytest.mark.parametrize(
    ("term", "error"),
    [
        ("---", "Enter one to three words."),
        ("a b c d", "Enter one to three words."),
        ("Props", "Search treats this like “prop”."),
    ],
)
def test_useless_synonym_is_rejected(admin_client, term, error):
    Synonym.objects.create(term="prop", means="propeller")
    data = {"term": term, "means": "propeller", "language": ""}
    page = admin_client.post(reverse("admin:search_index_synonym_add"), data).content.decode()
    assert error in page
    assert Synonym.objects.count() == 1
