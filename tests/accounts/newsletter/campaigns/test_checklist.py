"""The checklist before launch: errors and advice."""

from typing import Any

import pytest
from django.test import Client

from accounts.newsletter.campaigns.checklist import check
from accounts.newsletter.models import Campaign, CampaignImage, Topic
from microflight.core import link_check
from policies import workflow
from policies.models import Policy
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def _found(campaign: Campaign, level: str) -> dict[str, str]:
    return {one.what: one.text for one in check(campaign).findings if one.level == level}


def test_checklist_without_errors(make_draft: Any, reader: Any) -> None:
    reader()
    checked = check(make_draft())
    assert {one.what: one.text for one in checked.findings} == {
        "Subject": "25 characters.",
        "Text part": "26 words.",
        "Unsubscribe link": "In both parts.",
        "Postal address": "In both parts.",
        "Size": "5 kB of HTML.",
        "Images": "None.",
        "Merge fields": "All known.",
        "Links to the shop": "2, all of them work.",
        "Spam words": "None found.",
        "Audience": "1 recipient.",
    }
    assert {one.level for one in checked.findings} == {"ok"}


@pytest.mark.parametrize(
    ("fields", "what", "words"),
    [
        ({"subject": "  "}, "Subject", "Missing."),
        ({"subject_b": "the butterfly FLIES again "}, "Subject", "Both subjects are the same."),
        ({"subject": "For [[name]]"}, "Subject", "Merge fields do not work in the subject."),
        ({"source": "  \n"}, "Text part", "The campaign is empty."),
        (
            {"source": "Dear [[Name]] and [[first name]]."},
            "Merge fields",
            "Unknown: [[Name]], [[first name]].",
        ),
        (
            {"source": "A [[link:2]] B."},
            "Merge fields",
            "Unknown: [[link:2]].",
        ),
        (
            {"source": "[x](/nothing/here/)"},
            "Links to the shop",
            "Broken: http://127.0.0.1:8000/nothing/here/.",
        ),
        (
            {"source": "[x](/catalogue/gone_77/)"},
            "Links to the shop",
            "Broken: http://127.0.0.1:8000/catalogue/gone_77/.",
        ),
        (
            {"source": "[x](/admin/)"},
            "Links to the shop",
            "Broken: http://127.0.0.1:8000/admin/.",
        ),
        (
            {"source": "[x](somewhere)"},
            "Content",
            "“somewhere” is not the URL of a page.",
        ),
        (
            {"source": "[x](https://user@example.com/)"},
            "Content",
            "“https://user@example.com/” is not the URL of a page.",
        ),
        (
            {"source": "![A bird](https://example.com/a.png)"},
            "Content",
            "The image “A bird” is in the text: upload it and use ::image.",
        ),
        ({"source": "A word.\n\n" * 9_000}, "Size", None),
    ],
)
def test_checklist_errors(
    make_draft: Any, reader: Any, fields: dict[str, str], what: str, words: str | None
) -> None:
    reader()
    stops = _found(make_draft(**fields), "error")
    assert list(stops) == [what]
    assert stops[what] == words or words is None


def test_large_email_is_an_error_or_advice(make_draft: Any, reader: Any) -> None:
    reader()
    large = make_draft(source="\n\n".join(["A paragraph of forty characters, or so."] * 1150))
    assert _found(large, "advice")["Size"].endswith("close to the 102 kB at which Gmail clips.")
    larger = make_draft(source="\n\n".join(["A paragraph of forty characters, or so."] * 1400))
    assert _found(larger, "error")["Size"].endswith("Gmail clips emails at 102 kB.")


def test_images_need_alternative_text(make_draft: Any, reader: Any) -> None:
    reader()
    CampaignImage.objects.create(key="bare", alt=" ", file="newsletter/x.png", width=9, height=9)
    stops = _found(make_draft(source="Look.\n\n::image bare\n"), "error")
    assert stops == {"Images": "1 without alternative text."}


def test_unknown_filter_is_an_error_and_page_opens(
    staff: Client, make_draft: Any, reader: Any
) -> None:
    # Mutation: the campaign's page returned a 500, so no one could fix it.
    reader()
    campaign = make_draft(audience={"gone": "x"})
    words = "Unknown filter “gone”: save the campaign without it."
    assert _found(campaign, "error") == {"Audience": words}
    assert staff.get(f"/admin/newsletter/campaign/{campaign.pk}/change/").status_code == 200


def test_empty_audience_is_an_error(make_draft: Any, reader: Any) -> None:
    reader(state="unsubscribed")
    assert _found(make_draft(), "error") == {"Audience": "It has no recipients."}


@pytest.mark.parametrize(
    ("fields", "what", "words"),
    [
        ({"subject": "x" * 61}, "Subject", "61 characters. Phones show about 40."),
        ({"preheader": ""}, "Preview text", "Missing: email apps show the first words instead."),
        ({"source": "Act now."}, "Spam words", "Spam filters dislike: act now."),
        (
            {"subject": "LAST PLANES LEFT!"},
            "Spam words",
            "Spam filters dislike: several exclamation marks, a subject in capitals.",
        ),
        (
            {"source": "[x](https://example.com/a)"},
            "Links to other sites",
            "Not checked: https://example.com/a.",
        ),
        (
            {"subject_b": "Three grams"},
            "Second subject",
            "0 recipients test the subjects: too few to tell them apart.",
        ),
    ],
)  # fmt: skip
def test_checklist_advice(
    make_draft: Any, reader: Any, fields: dict[str, str], what: str, words: str
) -> None:
    reader()
    draft = make_draft(**fields)
    assert _found(draft, "advice") == {what: words}
    assert not check(draft).errors


def test_inactive_topic_is_advice(make_draft: Any, reader: Any, topic: Topic) -> None:
    reader()
    Topic.objects.update(is_active=False)
    words = {"Topic": "“New products” is no longer offered."}
    assert _found(Campaign.objects.get(pk=make_draft().pk), "advice") == words


def test_own_links_are_looked_up(make_draft: Any, reader: Any) -> None:
    reader()
    gear = factories.category("Gear")
    plane, hidden = factories.product("Moth", into=gear), factories.product("Gone", is_public=False)
    policy = Policy.objects.create(slug="terms", title="Terms")
    pages = [plane.get_absolute_url(), gear.get_absolute_url(), hidden.get_absolute_url()]
    source = "".join(f"[x]({page}) " for page in [*pages, "/policies/terms/", "/contact/?a=b#c"])
    site = "http://127.0.0.1:8000"
    assert _found(make_draft(source=source), "error")["Links to the shop"] == (
        f"Broken: {site}{hidden.get_absolute_url()}, {site}/policies/terms/."
    )
    workflow.adopt(policy, "We send what you order.")
    assert _found(make_draft(source=source), "error")["Links to the shop"] == (
        f"Broken: {site}{hidden.get_absolute_url()}."
    )


def test_other_sites_are_checked_with_head(live_server: Any) -> None:
    good, bad = f"{live_server.url}/health/", f"{live_server.url}/nothing/"
    assert link_check.unreachable([good, bad], only_public=False) == [f"{bad} (status 404)"]
    closed = "http://127.0.0.1:9/"
    assert link_check.unreachable([closed], only_public=False) == [
        f"{closed} (no answer: ConnectionRefusedError)"
    ]


def test_private_networks_are_never_requested(live_server: Any, client: Client) -> None:
    found = link_check.unreachable([f"{live_server.url}/health/", "http://169.254.169.254/latest/"])
    assert [one.rpartition(" (")[2] for one in found] == ["not a public network)"] * 2
