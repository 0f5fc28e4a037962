"""Atom feeds and JSON."""

import hashlib
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policies import workflow
from policies.models import Policy, PolicyTranslation, PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"


def read_feed(client: Client, url: str) -> list[list[str | None]]:
    """Return title, ID and summary of each entry."""
    response = client.get(url)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)  # noqa: S314 (our own)
    links = root.findall(f"{ATOM}link[@rel='self']")
    assert [link.get("href") for link in links] == [SITE + url]
    return [
        [entry.findtext(ATOM + name) for name in ("title", "id", "summary")]
        for entry in root.findall(f"{ATOM}entry")
    ]


def test_policy_feed_lists_all_versions(client: Client, privacy: Policy) -> None:
    assert read_feed(client, "/policies/privacy/feed.atom") == [
        [
            "Privacy, version 3",
            f"{SITE}/policies/privacy/v3/",
            "Effective June 1, 2026. Editorial change.",
        ],
        [
            "Privacy, version 2",
            f"{SITE}/policies/privacy/v2/",
            "Effective May 1, 2026. Material change. Shorter.",
        ],
        [
            "Privacy, version 1",
            f"{SITE}/policies/privacy/v1/",
            "Effective August 23, 2017. First version.",
        ],
    ]


def test_feed_of_all_policies_takes_one_query(
    client: Client, privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    terms = Policy.objects.create(slug="terms", title="Terms <of> sale")
    workflow.adopt(terms, "x", summary="A & B.")
    with django_assert_num_queries(1):
        entries = read_feed(client, "/policies/feed.atom")
    assert [title for title, *_ in entries] == [
        "Terms <of> sale, version 1",
        "Privacy, version 3",
        "Privacy, version 2",
        "Privacy, version 1",
    ]


def test_unchanged_feed_is_not_sent_again(client: Client, privacy: Policy) -> None:
    tag = client.get("/policies/feed.atom")["ETag"]
    response = client.get("/policies/feed.atom", headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")


def test_drafts_are_in_no_feed(client: Client) -> None:
    policy = Policy.objects.create(slug="terms", title="Terms")
    PolicyVersion.objects.create(policy=policy, source="Draft.")
    assert read_feed(client, "/policies/feed.atom") == []
    assert client.get("/policies/terms/feed.atom").status_code == 404
    assert client.get("/policies/nothing/feed.atom").status_code == 404


def test_version_json_includes_the_hashed_content(client: Client, privacy: Policy) -> None:
    data = client.get("/policies/privacy/v2.json").json()
    version = PolicyVersion.objects.get(number=2)
    assert hashlib.sha256(data.pop("canonical").encode()).hexdigest() == version.sha256
    assert data == {
        "policy": "privacy",
        "title": "Privacy",
        "number": 2,
        "language": "en",
        "state": "in force",
        "change_type": "material",
        "summary": "Shorter.",
        "short_notice_reason": "",
        "published_at": "2026-05-10T18:00:00Z",
        "effective_from": "2026-05-01T06:00:00Z",
        "effective_until": "2026-06-01T06:00:00Z",
        "sha256": version.sha256,
        "previous_sha256": PolicyVersion.objects.get(number=1).sha256,
        "html": '<h2 id="second">Second</h2>\n<p>Present words.</p>\n',
        "url": f"{SITE}/policies/privacy/v2/",
        "previous": f"{SITE}/policies/privacy/v1.json",
        "next": f"{SITE}/policies/privacy/v3.json",
        "translations": [],
    }


def test_translation_json_includes_the_hashed_content_and_its_source(
    client: Client, privacy: Policy
) -> None:
    source = PolicyVersion.objects.get(number=2)
    draft = PolicyTranslation.objects.create(
        version=source, language="fr", title="Confidentialité", body="## Deux\n\nDes mots."
    )
    assert client.get("/policies/privacy/v2/fr.json").status_code == 404
    translation = workflow.publish_translation(draft, user=None)
    data = client.get("/policies/privacy/v2/fr.json").json()
    assert hashlib.sha256(data.pop("canonical").encode()).hexdigest() == translation.sha256
    assert data == {
        "policy": "privacy",
        "number": 2,
        "state": "in force",
        "effective_from": "2026-05-01T06:00:00Z",
        "effective_until": "2026-06-01T06:00:00Z",
        "title": "Confidentialité",
        "language": "fr",
        "published_at": "2026-05-10T18:00:00Z",
        "sha256": translation.sha256,
        "html": '<h2 id="deux">Deux</h2>\n<p>Des mots.</p>\n',
        "url": f"{SITE}/policies/privacy/v2/fr/",
        "source": {"sha256": source.sha256, "url": f"{SITE}/policies/privacy/v2.json"},
    }
    english = client.get("/policies/privacy/v2.json").json()
    assert english["translations"] == [f"{SITE}/policies/privacy/v2/fr.json"]


@pytest.mark.parametrize(
    "path", ["privacy/v4.json", "nothing/v1.json", "privacy/v2/de.json", "privacy/v9/fr.json"]
)
def test_unknown_json_gets_404_as_json(client: Client, privacy: Policy, path: str) -> None:
    response = client.get(f"/policies/{path}")
    assert response.status_code == 404
    assert response.json()["policies"] == f"{SITE}/policies/"
