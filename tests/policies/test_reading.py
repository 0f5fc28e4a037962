"""Each version at an address that stays, what held on a day, and garbage."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies.models import Policy, PolicyTranslation, PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]


def read(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_each_version_stays_at_its_address_and_says_where_it_stands(
    client: Client, privacy: Policy
) -> None:
    versions = list(PolicyVersion.objects.order_by("number"))
    assert [v.get_absolute_url() for v in versions] == [
        f"/policies/privacy/v{number}/" for number in (1, 2, 3)
    ]
    old, present, future = [read(client, v.get_absolute_url()) for v in versions]
    assert "<p>Old words.</p>" in old
    assert "This text was in force from August 23, 2017 to May 1, 2026." in old
    assert "<p>Present words.</p>" in present
    assert "policy-standing" not in present
    assert "<p>Future words.</p>" in future
    assert "<strong>Not yet in force.</strong> This text takes effect on June 1, 2026." in future


def test_the_text_in_force_announces_the_next_one(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/")
    assert "<p>Present words.</p>" in html
    assert "A new text takes effect on June 1, 2026." in html
    assert 'href="/policies/privacy/v3/"' in html


def test_the_list_of_policies_announces_the_texts_to_come(
    client: Client, privacy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/contact/")  # menu and notices are known from any page
    with django_assert_num_queries(2):
        html = read(client, "/policies/")
    assert "updated May 1, 2026, version 2" in html
    announced = html.split('<h2 id="coming">Announced</h2>')[1]
    assert '<a href="/policies/privacy/v3/">Privacy, version 3</a>' in announced
    assert "in force from June 1, 2026" in announced


def test_the_history_lists_every_version_with_its_days(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/history/")
    places = [html.index(f'<li id="v{number}">') for number in (3, 2, 1)]
    assert places == sorted(places)
    assert html.count(">superseded</span>") == 1
    assert html.count(">in force</span>") == 1
    assert html.count(">not yet in force</span>") == 1
    assert "material change" in html
    assert "<p>Shorter.</p>" in html


# Broken once: the view gave the page neither of the two versions, and the form was not there.
def test_the_history_asks_which_two_versions_to_compare_and_offers_the_newest_two(
    client: Client, privacy: Policy, shipping: Policy
) -> None:
    html = read(client, "/policies/privacy/history/")
    assert '<form class="policy-ask" action="/policies/privacy/changes/">' in html
    chosen = re.findall(r'<option value="(\d)" selected>', html)
    assert chosen == ["2", "3"]
    assert "changes/" not in read(client, "/policies/shipping/history/")  # one version alone


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2017-08-23", "Old words."),
        ("2026-04-30", "Old words."),
        ("2026-05-01", "Present words."),
        ("2026-05-31", "Present words."),
        ("2026-06-01", "Future words."),
    ],
)
def test_a_day_shows_the_text_that_holds_at_its_end(
    client: Client, privacy: Policy, day: str, words: str
) -> None:
    assert f"<p>{words}</p>" in read(client, f"/policies/privacy/on/{day}/")


def test_the_form_leads_to_the_page_of_a_day(client: Client, privacy: Policy) -> None:
    answer = client.get("/policies/privacy/on/", {"date": "2026-04-30"})
    assert (answer.status_code, answer["Location"]) == (302, "/policies/privacy/on/2026-04-30/")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("privacy/v4/", "This policy has no version 4. It has 3 versions so far."),
        ("privacy/v0/", "There is no page at this address."),
        ("privacy/v01/", "There is no page at this address."),
        ("privacy/v-1/", "There is no page at this address."),
        ("privacy/on/2017-08-22/", "The first one took effect on August 23, 2017."),
        ("privacy/on/2026-02-30/", "There is no page at this address."),
        ("privacy/on/9999-12-31/", "Dates are known from the year 1996"),
        ("privacy/on/0001-01-01/", "Dates are known from the year 1996"),
        ("privacy/on/?date=yesterday", "This is not a day."),
        ("privacy/changes/1-4/", "This policy has no version 4."),
        ("privacy/changes/1/", "There is no page at this address."),
        ("privacy/changes/?from=1&to=x", "Two versions are compared by their numbers"),
        ("privacy/changes/?from=1&to=99999999999999999999", "This policy has no version"),
        ("privacy/de/", "There is no text in Deutsch here."),
        ("privacy/fr/", "There is no text in français here."),
        ("privacy/zz-top/", "There is no text in zz-top here."),
        ("privacy/v9/fr/", "This policy has no version 9."),
        ("privacy/a/b/c/", "There is no page at this address."),
    ],
)
def test_garbage_is_not_found_and_leads_back(
    client: Client, privacy: Policy, address: str, why: str
) -> None:
    html = read(client, f"/policies/{address}", 404)
    assert why in html
    assert '<li><a href="/policies/privacy/">The text in force</a></li>' in html
    assert 'href="/policies/privacy/history/"' in html


def test_a_policy_that_is_not_there_leads_back_to_all(client: Client) -> None:
    for address in ("nothing/", "nothing/v1/", "nothing/history/", "nothing/x/y/"):
        assert '<li><a href="/policies/">All policies</a></li>' in read(
            client, f"/policies/{address}", 404
        )


@pytest.mark.parametrize(
    "address", ["", "v1/", "v3/", "history/", "on/2026-05-01/", "changes/1-2/", "fr/"]
)
def test_a_page_costs_two_queries_at_most_and_none_cached(
    client: Client,
    privacy: Policy,
    address: str,
    django_assert_max_num_queries: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _translated(1)
    client.get("/contact/")  # menu and notices are known from any page
    with django_assert_max_num_queries(2):
        read(client, f"/policies/privacy/{address}")
    with django_assert_num_queries(0):
        read(client, f"/policies/privacy/{address}")


def test_two_versions_are_compared_at_an_address_of_their_own(
    client: Client, privacy: Policy
) -> None:
    html = read(client, "/policies/privacy/changes/1-2/")
    assert (
        '<p><del id="change-3"><span class="unseen">[removed: </span>Old'
        '<span class="unseen">]</span></del> <ins><span class="unseen">[added: </span>Present'
        '<span class="unseen">]</span></ins> words.</p>'
    ) in html
    assert '<a href="#change-2">Second <span class="soft">· 2 changes</span></a>' in html
    assert "is gone (2 words)" in html


def test_the_older_version_always_comes_first(client: Client, privacy: Policy) -> None:
    there = "/policies/privacy/changes/1-3/"
    answer = client.get("/policies/privacy/changes/3-1/")
    assert (answer.status_code, answer["Location"]) == (302, there)
    answer = client.get("/policies/privacy/changes/", {"from": "3", "to": "1"})
    assert (answer.status_code, answer["Location"]) == (302, there)


def test_a_version_beside_itself_has_no_changes(client: Client, privacy: Policy) -> None:
    html = read(client, "/policies/privacy/changes/2-2/")
    assert "Not a word differs between these two." in html
    assert "<ins" not in html


# --- In other languages --------------------------------------------------------------------------


def _translated(number: int, words: str = "Des mots.") -> PolicyTranslation:
    made = PolicyTranslation(
        version=PolicyVersion.objects.get(number=number), language="fr",
        title="Confidentialité", body=f"## Un\n\n{words}", published_at=timezone.now(),
    )  # fmt: skip
    made.sha256 = made.seal()
    made.save()
    return made


def test_a_translation_says_which_version_it_translates_and_in_which_language(
    client: Client, privacy: Policy
) -> None:
    _translated(2)
    html = read(client, "/policies/privacy/fr/")
    assert '<h1 lang="fr">Confidentialité</h1>' in html
    assert '<div class="prose" lang="fr"><h2 id="un">Un</h2> <p>Des mots.</p> </div>' in html
    assert "Ceci est une traduction de la version 2. Le texte anglais fait foi." in html
    assert "traduction dépassée" not in html
    assert 'href="/policies/privacy/fr/" hreflang="fr"' in read(client, "/policies/privacy/")


def test_a_translation_of_an_older_version_carries_a_stale_badge_until_it_is_made_anew(
    client: Client, privacy: Policy
) -> None:
    _translated(1)
    html = read(client, "/policies/privacy/fr/")
    assert '<span class="chip chip-wait">traduction dépassée</span>' in html
    assert "Le texte anglais a changé depuis cette traduction de la version 1." in html
    _translated(2, "Nouveaux.")
    cache.clear()  # as publishing does
    html = read(client, "/policies/privacy/fr/")
    assert "<p>Nouveaux.</p>" in html
    assert "traduction dépassée" not in html


def test_each_version_keeps_its_translation(client: Client, privacy: Policy) -> None:
    _translated(1, "Anciens.")
    _translated(2, "Nouveaux.")
    html = read(client, "/policies/privacy/v1/fr/")
    assert "<p>Anciens.</p>" in html
    assert "Superseded." in html
    assert 'href="/policies/privacy/v1/fr/"' in read(client, "/policies/privacy/v1/")


def test_a_translation_that_is_not_published_or_not_in_force_is_not_shown(
    client: Client, privacy: Policy
) -> None:
    present = PolicyVersion.objects.get(number=2)
    PolicyTranslation.objects.create(version=present, language="fr", title="x", body="Non.")
    _translated(3, "Bientôt.")
    read(client, "/policies/privacy/fr/", 404)
    read(client, "/policies/privacy/v2/fr/", 404)
    assert "français" not in read(client, "/policies/privacy/")
    assert "<p>Bientôt.</p>" in read(client, "/policies/privacy/v3/fr/")
