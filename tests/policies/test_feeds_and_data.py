"""Versions for feed readers and programs."""

import hashlib
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policies import publishing
from policies.models import Kind, Policy, PolicyTranslation, PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"


def entries(client: Client, address: str) -> list[list[str | None]]:
    answer = client.get(address)
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)  # noqa: S314 (our own)
    assert [link.get("href") for link in root.findall(f"{ATOM}link[@rel='self']")] == [
        SITE + address
    ]
    return [
        [entry.findtext(ATOM + name) for name in ("title", "id", "summary")]
        for entry in root.findall(f"{ATOM}entry")
    ]


def test_the_feed_of_a_policy_tells_each_version_and_those_to_come(
    client: Client, privacy: Policy
) -> None:
    assert entries(client, "/policies/privacy/feed.atom") == [
        [
            "Privacy, version 3",
            f"{SITE}/policies/privacy/v3/",
            "In force from June 1, 2026. Only the words changed.",
        ],
        [
            "Privacy, version 2",
            f"{SITE}/policies/privacy/v2/",
            "In force from May 1, 2026. Material change. Shorter.",
        ],
        [
            "Privacy, version 1",
            f"{SITE}/policies/privacy/v1/",
            "In force from August 23, 2017. First text.",
        ],
    ]


def test_the_overall_feed_has_every_policy_and_one_query(
    client: Client, privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    terms = Policy.objects.create(slug="terms", title="Terms <of> sale")
    publishing.adopt(terms, "x", summary="A & B.")
    with django_assert_num_queries(1):
        found = entries(client, "/policies/feed.atom")
    assert [title for title, *_ in found] == [
        "Terms <of> sale, version 1",
        "Privacy, version 3",
        "Privacy, version 2",
        "Privacy, version 1",
    ]


def test_a_reader_who_has_the_newest_feed_gets_nothing_again(
    client: Client, privacy: Policy
) -> None:
    tag = client.get("/policies/feed.atom")["ETag"]
    answer = client.get("/policies/feed.atom", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_drafts_are_in_no_feed(client: Client) -> None:
    policy = Policy.objects.create(slug="terms", title="Terms")
    PolicyVersion.objects.create(policy=policy, source="Draft.")
    assert entries(client, "/policies/feed.atom") == []
    assert client.get("/policies/terms/feed.atom").status_code == 404
    assert client.get("/policies/nothing/feed.atom").status_code == 404


def test_the_json_of_a_version_carries_what_its_seal_covers(
    client: Client, privacy: Policy
) -> None:
    told = client.get("/policies/privacy/v2.json").json()
    stored = PolicyVersion.objects.get(number=2)
    assert hashlib.sha256(told.pop("canonical").encode()).hexdigest() == stored.sha256
    assert told == {
        "policy": "privacy",
        "title": "Privacy",
        "number": 2,
        "language": "en",
        "state": "in force",
        "kind": Kind.MATERIAL,
        "summary": "Shorter.",
        "short_notice": "",
        "published_at": "2026-05-10T18:00:00Z",
        "effective_from": "2026-05-01T06:00:00Z",
        "effective_until": "2026-06-01T06:00:00Z",
        "sha256": stored.sha256,
        "previous_sha256": PolicyVersion.objects.get(number=1).sha256,
        "html": '<h2 id="second">Second</h2>\n<p>Present words.</p>\n',
        "address": f"{SITE}/policies/privacy/v2/",
        "before": f"{SITE}/policies/privacy/v1.json",
        "after": f"{SITE}/policies/privacy/v3.json",
        "translations": [],
    }


def test_the_json_of_a_translation_carries_what_its_seal_covers_and_names_its_source(
    client: Client, privacy: Policy
) -> None:
    source = PolicyVersion.objects.get(number=2)
    draft = PolicyTranslation.objects.create(
        version=source, language="fr", title="Confidentialité", body="## Deux\n\nDes mots."
    )
    assert client.get("/policies/privacy/v2/fr.json").status_code == 404
    stored = publishing.publish_translation(draft, by=None)
    told = client.get("/policies/privacy/v2/fr.json").json()
    assert hashlib.sha256(told.pop("canonical").encode()).hexdigest() == stored.sha256
    assert told == {
        "policy": "privacy",
        "number": 2,
        "state": "in force",
        "effective_from": "2026-05-01T06:00:00Z",
        "effective_until": "2026-06-01T06:00:00Z",
        "title": "Confidentialité",
        "language": "fr",
        "published_at": "2026-05-10T18:00:00Z",
        "sha256": stored.sha256,
        "html": '<h2 id="deux">Deux</h2>\n<p>Des mots.</p>\n',
        "address": f"{SITE}/policies/privacy/v2/fr/",
        "source": {"sha256": source.sha256, "address": f"{SITE}/policies/privacy/v2.json"},
    }
    english = client.get("/policies/privacy/v2.json").json()
    assert english["translations"] == [f"{SITE}/policies/privacy/v2/fr.json"]


@pytest.mark.parametrize(
    "address", ["privacy/v4.json", "nothing/v1.json", "privacy/v2/de.json", "privacy/v9/fr.json"]
)
def test_json_that_is_not_there_says_so_as_json(
    client: Client, privacy: Policy, address: str
) -> None:
    answer = client.get(f"/policies/{address}")
    assert answer.status_code == 404
    assert answer.json()["policies"] == f"{SITE}/policies/"
