"""The check list: what stops a letter, what is only advice."""

from typing import Any

import pytest
from django.test import Client

from accounts.newsletter.models import Campaign, LetterPicture, Topic
from accounts.newsletter.writing import alive
from accounts.newsletter.writing.checks import look_over
from policies import publishing
from policies.models import Policy
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def _found(campaign: Campaign, level: str) -> dict[str, str]:
    return {one.what: one.words for one in look_over(campaign).findings if one.level == level}


def test_a_letter_without_a_fault_has_everything_looked_at(letter: Any, reader: Any) -> None:
    reader()
    checked = look_over(letter())
    assert {one.what: one.words for one in checked.findings} == {
        "Subject": "25 characters.",
        "Text part": "26 words.",
        "Way to leave": "In both parts.",
        "Postal address": "In both.",
        "Size": "5 kB of HTML.",
        "Pictures": "None.",
        "Places to fill in": "All known.",
        "Links into the shop": "2, each leads to a page.",
        "Words of spam": "None found.",
        "Audience": "1 reader.",
    }
    assert {one.level for one in checked.findings} == {"ok"}


@pytest.mark.parametrize(
    ("fields", "what", "words"),
    [
        ({"subject": "  "}, "Subject", "There is none."),
        ({"subject_b": "the butterfly FLIES again "}, "Subject", "Both subjects are the same."),
        ({"subject": "For [[name]]"}, "Subject", "Names are not filled in here."),
        ({"source": "  \n"}, "Text part", "The letter is empty."),
        (
            {"source": "Dear [[Name]] and [[first name]]."},
            "Places to fill in",
            "Nobody knows [[Name]], [[first name]].",
        ),
        (
            {"source": "A [[link:2]] B."},
            "Places to fill in",
            "Nobody knows [[link:2]].",
        ),
        (
            {"source": "[x](/nothing/here/)"},
            "Links into the shop",
            "Nothing is there: http://127.0.0.1:8000/nothing/here/.",
        ),
        (
            {"source": "[x](/catalogue/gone_77/)"},
            "Links into the shop",
            "Nothing is there: http://127.0.0.1:8000/catalogue/gone_77/.",
        ),
        (
            {"source": "[x](/admin/)"},
            "Links into the shop",
            "Nothing is there: http://127.0.0.1:8000/admin/.",
        ),
        (
            {"source": "[x](somewhere)"},
            "Contents",
            "“somewhere” is not the address of a page.",
        ),
        (
            {"source": "[x](https://user@example.com/)"},
            "Contents",
            "“https://user@example.com/” is not the address of a page.",
        ),
        (
            {"source": "![A bird](https://example.com/a.png)"},
            "Contents",
            "The picture “A bird” stands in the text: upload it, then write ::picture.",
        ),
        ({"source": "A word.\n\n" * 9_000}, "Size", None),
    ],
)
def test_what_stops_a_letter(
    letter: Any, reader: Any, fields: dict[str, str], what: str, words: str | None
) -> None:
    reader()
    stops = _found(letter(**fields), "stops")
    assert list(stops) == [what]
    assert stops[what] == words or words is None


def test_a_letter_of_more_than_100_kb_is_stopped_and_of_80_advised(
    letter: Any, reader: Any
) -> None:
    reader()
    large = letter(source="\n\n".join(["A paragraph of forty characters, or so."] * 720))
    assert _found(large, "advice")["Size"].endswith("close to the 102 kB at which Gmail cuts.")
    larger = letter(source="\n\n".join(["A paragraph of forty characters, or so."] * 900))
    assert _found(larger, "stops")["Size"].endswith("Gmail cuts the end off at 102 kB.")


def test_pictures_need_words(letter: Any, reader: Any) -> None:
    reader()
    LetterPicture.objects.create(key="bare", alt=" ", file="letters/x.png", width=9, height=9)
    stops = _found(letter(source="Look.\n\n::picture bare\n"), "stops")
    assert stops == {"Pictures": "1 without words for those who do not see it."}


def test_a_condition_that_nobody_knows_any_more_stops_a_letter_and_its_page_still_opens(
    staff: Client, letter: Any, reader: Any
) -> None:
    # Broken once: the page of the letter answered 500, so that nobody could mend it.
    reader()
    campaign = letter(audience={"gone": "x"})
    words = "No room knows the condition “gone”: save the letter once more without it."
    assert _found(campaign, "stops") == {"Audience": words}
    assert staff.get(f"/admin/newsletter/campaign/{campaign.pk}/change/").status_code == 200


def test_nobody_to_write_to_stops_a_letter(letter: Any, reader: Any) -> None:
    reader(state="left")
    assert _found(letter(), "stops") == {"Audience": "Nobody would get it."}


@pytest.mark.parametrize(
    ("fields", "what", "words"),
    [
        ({"subject": "x" * 61}, "Subject", "61 characters: telephones show about 40."),
        ({"preheader": ""}, "Preview line", "None: mail programs show the first words."),
        ({"source": "Act now."}, "Words of spam", "Filters dislike: act now."),
        (
            {"subject": "LAST PLANES LEFT!"},
            "Words of spam",
            "Filters dislike: several exclamation marks, a subject in capitals.",
        ),
        (
            {"source": "[x](https://example.com/a)"},
            "Links to other sites",
            "Nobody looked whether these answer: https://example.com/a.",
        ),
        (
            {"subject_b": "Three grams"},
            "Two subjects",
            "0 readers try two subjects: too few to tell them apart.",
        ),
    ],
)  # fmt: skip
def test_what_is_only_advice(
    letter: Any, reader: Any, fields: dict[str, str], what: str, words: str
) -> None:
    reader()
    draft = letter(**fields)
    assert _found(draft, "advice") == {what: words}
    assert not look_over(draft).errors


def test_a_topic_that_is_not_offered_any_more_is_advice(
    letter: Any, reader: Any, topic: Topic
) -> None:
    reader()
    Topic.objects.update(is_active=False)
    words = {"Topic": "“New products” is not offered any more."}
    assert _found(Campaign.objects.get(pk=letter().pk), "advice") == words


def test_links_to_shelves_products_and_policies_are_looked_up_row_by_row(
    letter: Any, reader: Any
) -> None:
    reader()
    gear = factories.category("Gear")
    plane, hidden = factories.product("Moth", into=gear), factories.product("Gone", is_public=False)
    policy = Policy.objects.create(slug="terms", title="Terms")
    pages = [plane.get_absolute_url(), gear.get_absolute_url(), hidden.get_absolute_url()]
    source = "".join(f"[x]({page}) " for page in [*pages, "/policies/terms/", "/contact/?a=b#c"])
    site = "http://127.0.0.1:8000"
    assert _found(letter(source=source), "stops")["Links into the shop"] == (
        f"Nothing is there: {site}{hidden.get_absolute_url()}, {site}/policies/terms/."
    )
    publishing.adopt(policy, "We send what you order.")
    assert _found(letter(source=source), "stops")["Links into the shop"] == (
        f"Nothing is there: {site}{hidden.get_absolute_url()}."
    )


def test_other_sites_are_asked_by_head_where_that_is_allowed(live_server: Any) -> None:
    good, bad = f"{live_server.url}/health/", f"{live_server.url}/nothing/"
    assert alive.silent([good, bad], only_public=False) == [f"{bad} (answers 404)"]
    closed = "http://127.0.0.1:9/"
    assert alive.silent([closed], only_public=False) == [
        f"{closed} (no answer: ConnectionRefusedError)"
    ]


def test_networks_that_are_not_public_are_never_asked(live_server: Any, client: Client) -> None:
    found = alive.silent([f"{live_server.url}/health/", "http://169.254.169.254/latest/"])
    assert [one.rpartition(" (")[2] for one in found] == ["not a public network)"] * 2
