"""Public pages: versions, dates, differences, translations, and unknown URLs."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies.models import Policy, PolicyTranslation, PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]


def read(client: Client, url: str, status: int = 200) -> str:
    """Return a page with single spaces."""
    response = client.get(url)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_versions_have_permanent_urls_and_show_their_status(
    client: Client, privacy: Policy
) -> None:
    versions = list(PolicyVersion.objects.order_by("number"))
    assert [v.get_absolute_url() for v in versions] == [
        f"/policies/privacy/v{number}/" for number in (1, 2, 3)
    ]
    old, present, future = [read(client, v.get_absolute_url()) for v in versions]
    assert "<p>Old words.</p>" in old
    assert "This version was in force from August 23, 2017 to May 1, 2026." in old
    assert '<a href="/policies/privacy/changes/1-2/">See what changed</a>' in old
    assert "<p>Present words.</p>" in present
    assert "policy-status" not in present
    assert "<p>Future words.</p>" in future
    assert "<strong>Not yet in force.</strong> This version takes effect on June 1, 2026." in future


def test_current_version_announces_the_next(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/")
    assert "<p>Present words.</p>" in html
    assert "A new version takes effect on June 1, 2026." in html
    assert '<a href="/policies/privacy/v3/">Read the new version</a>' in html


def test_index_lists_upcoming_versions(
    client: Client, privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/contact/")  # caches menu and notices
    with django_assert_num_queries(2):
        html = read(client, "/policies/")
    assert "Updated May 1, 2026, version 2" in html
    upcoming = html.split('<h2 id="upcoming">Upcoming changes</h2>')[1]
    assert '<a href="/policies/privacy/v3/">Privacy, version 3</a>' in upcoming
    assert "Effective June 1, 2026" in upcoming


def test_history_lists_versions_with_their_dates(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/history/")
    positions = [html.index(f'<li id="v{number}">') for number in (3, 2, 1)]
    assert positions == sorted(positions)
    assert html.count(">Superseded</span>") == 1
    assert html.count(">In force</span>") == 1
    assert html.count(">Not yet in force</span>") == 1
    assert "In force from May 1, 2026 to June 1, 2026" in html
    assert "Effective June 1, 2026" in html
    assert "Material change" in html
    assert "<p>Shorter.</p>" in html


# Mutation: without the two versions in the context, the form was missing.
def test_history_form_compares_the_newest_versions_by_default(
    client: Client, privacy: Policy, shipping: Policy
) -> None:
    html = read(client, "/policies/privacy/history/")
    assert '<form class="policy-form" action="/policies/privacy/changes/">' in html
    assert re.findall(r'<option value="(\d)" selected>', html) == ["2", "3"]
    assert "changes/" not in read(client, "/policies/shipping/history/")  # only one version


@pytest.mark.parametrize(
    ("day", "body", "status"),
    [
        ("2017-08-23", "Old words.", "Version 1 was in force on August 23, 2017."),
        ("2026-04-30", "Old words.", "Version 1 was in force on April 30, 2026."),
        ("2026-05-01", "Present words.", "</strong> It still is."),
        ("2026-05-31", "Present words.", "Version 2 was in force on May 31, 2026."),
        ("2026-06-01", "Future words.", "Version 3 will be in force on June 1, 2026."),
    ],
)
def test_date_shows_the_version_in_force_at_its_end(
    client: Client, privacy: Policy, day: str, body: str, status: str
) -> None:
    html = read(client, f"/policies/privacy/on/{day}/")
    assert f"<p>{body}</p>" in html
    assert status in html


def test_date_form_redirects_to_the_date(client: Client, privacy: Policy) -> None:
    response = client.get("/policies/privacy/on/", {"date": "2026-04-30"})
    assert response.status_code == 302
    assert response["Location"] == "/policies/privacy/on/2026-04-30/"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("privacy/v4/", "This policy has no version 4. It has 3 versions."),
        ("privacy/v0/", "Page not found."),
        ("privacy/v01/", "Page not found."),
        ("privacy/v-1/", "Page not found."),
        ("privacy/on/2017-08-22/", "The first version took effect on August 23, 2017."),
        ("privacy/on/2026-02-30/", "Page not found."),
        ("privacy/on/9999-12-31/", "Choose a date between 1996 and 2100."),
        ("privacy/on/0001-01-01/", "Choose a date between 1996 and 2100."),
        ("privacy/on/?date=yesterday", "Enter a date such as 2026-05-01."),
        ("privacy/changes/1-4/", "This policy has no version 4."),
        ("privacy/changes/1/", "Page not found."),
        ("privacy/changes/?from=1&to=x", "Choose two version numbers to compare"),
        ("privacy/changes/?from=1&to=99999999999999999999", "This policy has no version"),
        ("privacy/de/", "This policy is not available in Deutsch."),
        ("privacy/fr/", "This policy is not available in français."),
        ("privacy/zz-top/", "This policy is not available in zz-top."),
        ("privacy/v9/fr/", "This policy has no version 9."),
        ("privacy/a/b/c/", "Page not found."),
    ],
)
def test_unknown_url_gets_404_with_links(
    client: Client, privacy: Policy, path: str, message: str
) -> None:
    html = read(client, f"/policies/{path}", 404)
    paragraph = html.split("<h1>Page not found</h1> <p>")[1].split("</p>")[0]
    assert message in paragraph
    assert '<li><a href="/policies/privacy/">Privacy: current version</a></li>' in html
    assert 'href="/policies/privacy/history/"' in html


def test_unknown_policy_gets_404_with_links(client: Client) -> None:
    for path in ("nothing/", "nothing/v1/", "nothing/history/", "nothing/x/y/"):
        html = read(client, f"/policies/{path}", 404)
        assert "There is no such policy." in html
        assert '<li><a href="/policies/">All policies</a></li>' in html


@pytest.mark.parametrize(
    "path", ["", "v1/", "v3/", "history/", "on/2026-05-01/", "changes/1-2/", "fr/"]
)
def test_page_takes_two_queries_and_none_from_the_cache(
    client: Client,
    privacy: Policy,
    path: str,
    django_assert_max_num_queries: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    translate(1)
    client.get("/contact/")  # caches menu and notices
    with django_assert_max_num_queries(2):
        read(client, f"/policies/privacy/{path}")
    with django_assert_num_queries(0):
        read(client, f"/policies/privacy/{path}")


def test_two_versions_are_compared(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/changes/1-2/")
    assert (
        '<p><del id="change-3"><span class="unseen">[removed: </span>Old'
        '<span class="unseen">]</span></del> <ins><span class="unseen">[added: </span>Present'
        '<span class="unseen">]</span></ins> words.</p>'
    ) in html
    assert '<a href="#change-2">Second <span class="soft">· 2 changes</span></a>' in html
    assert "</del> 2 words · <ins>" in html


def test_older_version_comes_first(client: Client, privacy: Policy) -> None:
    url = "/policies/privacy/changes/1-3/"
    response = client.get("/policies/privacy/changes/3-1/")
    assert (response.status_code, response["Location"]) == (302, url)
    response = client.get("/policies/privacy/changes/", {"from": "3", "to": "1"})
    assert (response.status_code, response["Location"]) == (302, url)


def test_version_compared_with_itself_has_no_differences(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/changes/2-2/")
    assert "Both versions have the same wording." in html
    assert "<ins" not in html


# --- Translations --------------------------------------------------------------------------------


def translate(number: int, text: str = "Des mots.") -> PolicyTranslation:
    """Publish a French translation of a version."""
    translation = PolicyTranslation(
        version=PolicyVersion.objects.get(number=number),
        language="fr",
        title="Confidentialité",
        body=f"## Un\n\n{text}",
        published_at=timezone.now(),
    )
    translation.sha256 = translation.calculate_sha256()
    translation.save()
    return translation


def test_translation_names_its_version_and_has_its_language(
    client: Client, privacy: Policy
) -> None:
    translate(2)
    html = read(client, "/policies/privacy/fr/")
    assert '<h1 lang="fr">Confidentialité</h1>' in html
    assert '<div class="prose" lang="fr"><h2 id="un">Un</h2> <p>Des mots.</p> </div>' in html
    assert "Ceci est une traduction de la version 2. La version anglaise prévaut." in html
    assert "Traduction périmée" not in html
    assert 'href="/policies/privacy/fr/" hreflang="fr"' in read(client, "/policies/privacy/")


def test_translation_of_an_old_version_is_marked_as_outdated(
    client: Client, privacy: Policy
) -> None:
    translate(1)
    html = read(client, "/policies/privacy/fr/")
    assert '<span class="chip chip-wait">Traduction périmée</span>' in html
    assert "La version anglaise a changé depuis cette traduction de la version 1." in html
    translate(2, "Nouveaux.")
    cache.clear()  # as publishing does
    html = read(client, "/policies/privacy/fr/")
    assert "<p>Nouveaux.</p>" in html
    assert "Traduction périmée" not in html


def test_each_version_keeps_its_translation(client: Client, privacy: Policy) -> None:
    translate(1, "Anciens.")
    translate(2, "Nouveaux.")
    html = read(client, "/policies/privacy/v1/fr/")
    assert "<p>Anciens.</p>" in html
    assert "Superseded." in html
    assert 'href="/policies/privacy/v1/fr/"' in read(client, "/policies/privacy/v1/")


def test_translation_that_is_a_draft_or_not_in_force_is_hidden(
    client: Client, privacy: Policy
) -> None:
    present = PolicyVersion.objects.get(number=2)
    PolicyTranslation.objects.create(version=present, language="fr", title="x", body="Non.")
    translate(3, "Bientôt.")
    read(client, "/policies/privacy/fr/", 404)
    read(client, "/policies/privacy/v2/fr/", 404)
    assert "français" not in read(client, "/policies/privacy/")
    assert "<p>Bientôt.</p>" in read(client, "/policies/privacy/v3/fr/")
