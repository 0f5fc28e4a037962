"""The automatic checks before review."""

from typing import Any

import pytest

from accounts.users.models import User
from policies import disclosures, lint, readability, seed, workflow
from policies.models import ChangeType, Policy, PolicyVersion
from policies.workflow import PolicyError

pytestmark = pytest.mark.django_db


def draft_of(policy: Policy, source: str, **fields: Any) -> PolicyVersion:
    return PolicyVersion(policy=policy, source=source, summary="Other words.", **fields)


def findings(policy: Policy, source: str, **fields: Any) -> list[tuple[int, bool, str]]:
    """Return each finding as (line, is error, message)."""
    found = lint.findings(draft_of(policy, source, **fields))
    return [(each.line, each.is_error, each.message) for each in found]


def test_good_version_has_no_findings(shipping: Policy) -> None:
    source = "Write to {{ sales_email }}, or read [the rest](/policies/)."
    assert findings(shipping, source) == []


def test_unknown_variable_is_an_error_with_its_line(shipping: Policy) -> None:
    assert findings(shipping, "Call:\n\n{{ telefone }}") == [
        (3, True, "unknown variable “telefone”.")
    ]


# Mutation: with lower-case names only, the first two were published unchanged, and publishing
# the third raised a KeyError.
@pytest.mark.parametrize(
    ("written", "name"),
    [("{{ Hours }}", "Hours"), ("{{ sales-email }}", "sales-email"), ("{{\nhour\n}}", "hour")],
)
def test_anything_in_double_braces_is_a_variable(written: str, name: str, shipping: Policy) -> None:
    message = f"Line 2: unknown variable “{name}”."
    assert lint.errors(draft_of(shipping, f"Open:\n{written}.")) == [message]
    with pytest.raises(PolicyError, match=message):
        workflow.adopt(shipping, f"Open:\n{written}.")
    assert shipping.versions.count() == 1


# Mutation: without the check for required sections, only the warning remained.
def test_missing_required_section_is_an_error_and_removed_section_a_warning(
    shipping: Policy,
) -> None:
    shipping.required_sections = "Questions\nBatteries\n"
    workflow.adopt(shipping, "## Services\n\nA few.\n\n## Questions\n\nAsk us.")
    assert findings(shipping, "## Batteries\n\nNot by air.") == [
        (0, True, "The required section “Questions” is missing."),
        (0, False, "Section “Services” of version 2 was removed."),
    ]


@pytest.mark.parametrize(
    ("sentence", "contact"),
    [
        ("Write to sales@plantrac.com.", "sales@plantrac.com"),
        ("Call +1 306 955 1863.", "+1 306 955 1863"),
        ("Call (306) 955-1863.", "(306) 955-1863"),
        ("Mail it to S7H 0S8.", "S7H 0S8"),
    ],
)
def test_contact_of_someone_else_is_an_error(sentence: str, contact: str, shipping: Policy) -> None:
    assert findings(shipping, f"Ask.\n{sentence}") == [
        (
            2,
            True,
            f"“{contact}” is not ours. If it belongs to a third party, end the line with "
            "<!-- third party -->.",
        )
    ]
    assert findings(shipping, f"Ask.\n{sentence} <!-- third party -->") == []


@pytest.mark.parametrize("contact", ["sales@plantraco.com", "306-955-1836", "S7H0S3"])
def test_our_contact_without_variable_is_a_warning(contact: str, shipping: Policy) -> None:
    assert findings(shipping, f"Ask {contact} today.") == [
        (1, False, f"use a variable instead of “{contact}”, so that it stays up to date.")
    ]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("/policies/nowhere/", "there is no such policy."),
        ("/nowhere/", "page not found."),
        ("/policies/shipping/#services", "that policy has no such section."),
        ("/policies/shipping/sevices/", "page not found."),
        ("/policies/shipping/v9/", "there is no such version."),
        ("/policies/shipping/changes/1-9/", "there is no such version."),
        ("#services", "there is no such section."),
        ("shipping/", "begin it with a slash."),
        ("http://example.com/", "use https."),
        ("ftp:files", "this type of link is not allowed."),
    ],
)
def test_broken_link_is_an_error(url: str, problem: str, shipping: Policy) -> None:
    assert findings(shipping, f"See\n[this]({url}) now.") == [
        (2, True, f"link to “{url}”: {problem}")
    ]


@pytest.mark.parametrize(
    "url",
    [
        "/policies/shipping/",
        "/policies/shipping/v1/",
        "/policies/shipping/history/#v1",
        "/contact/",
        "https://example.com/",
        "#terms",
        "tel:+1",
    ],
)
def test_working_link_has_no_finding(url: str, shipping: Policy) -> None:
    assert findings(shipping, f"## Terms\n\nSee [this]({url}).") == []


# Mutation: without the third form in the pattern, nothing was found.
def test_link_reference_is_checked(shipping: Policy) -> None:
    assert findings(shipping, "See [this][there] now.\n\n[there]: http://example.com/") == [
        (3, True, "link to “http://example.com/”: use https.")
    ]


def test_unlisted_cookie_is_an_error() -> None:
    cookies = Policy.objects.create(slug="cookies", title="Cookies")
    names = [cookie.name for cookie in disclosures.cookies()]
    assert {"sessionid", "csrftoken", "basket"} <= set(names)
    listed = "\n".join(["| Cookie |", "| --- |", *(f"| {n} |" for n in names if n != "basket")])
    assert findings(cookies, listed) == [
        (0, True, "The site sets the cookie “basket”, which is not listed.")
    ]
    assert findings(cookies, "{{ cookies }}") == []


def test_other_policies_list_all_cookies_or_none(shipping: Policy) -> None:
    assert findings(shipping, "No messages, no basket.") == []
    missing = findings(shipping, "The cookie `basket` stores your cart.")
    assert len(missing) == len(disclosures.cookies()) - 1


def test_untested_promise_is_an_error_with_its_line(shipping: Policy) -> None:
    source = "One.\n\n<!-- promise: fly-to-the-moon --> We ship to the moon."
    message = "no test covers the promise “fly-to-the-moon”."
    assert findings(shipping, source)[0] == (3, True, message)


@pytest.mark.parametrize(
    ("change_type", "is_error"), [(ChangeType.EDITORIAL, True), (ChangeType.MATERIAL, False)]
)
def test_changed_promises_require_a_material_change(
    change_type: ChangeType, is_error: bool, shipping: Policy
) -> None:
    workflow.adopt(shipping, "<!-- promise: no-sale --> We sell no data.")
    source = "<!-- promise: minimal-data --> We ask for little."
    assert findings(shipping, source, change_type=change_type) == [
        (0, is_error, "Promises removed: no-sale. This is a material change."),
        (0, is_error, "Promises added: minimal-data. This is a material change."),
    ]


def test_difficult_language_is_a_warning(shipping: Policy) -> None:
    difficult = (
        "Notwithstanding the aforementioned stipulations, consideration of reimbursement "
        "applications necessitates comprehensive documentation of individual circumstances."
    )
    ((line, is_error, message),) = findings(shipping, difficult)
    assert (line, is_error) == (0, False)
    assert message.startswith("Reading level: grade ")


def test_reading_level_follows_the_formula() -> None:
    # 12 words, 2 sentences, 14 syllables
    text = "We mail it each Monday. Then you get an email from us."
    grade = 0.39 * 6 + 11.8 * 14 / 12 - 15.59
    assert readability.grade(text) == pytest.approx(grade, abs=0.01)
    headings_and_cells = "## Heading\n\n| a | b |\n| - | - |\n| Tables | and headings |"
    assert readability.grade(f"{headings_and_cells}\n\n{text}") == pytest.approx(grade, abs=0.01)
    assert readability.grade(headings_and_cells) == 0.0
    assert readability.grade("") == 0.0


def test_errors_block_the_review(shipping: Policy, alice: User) -> None:
    draft = workflow.create_draft(shipping, user=alice)
    before = PolicyVersion.objects.filter(pk=draft.pk).values().get()
    with pytest.raises(PolicyError, match="Add a summary of changes"):
        workflow.submit_for_review(draft, user=alice)
    assert PolicyVersion.objects.filter(pk=draft.pk).values().get() == before


# --- Seed data -----------------------------------------------------------------------------------


@pytest.fixture
def seeded(db: None) -> dict[str, Policy]:
    """The policies of the seed data by slug."""
    seed.load()
    return {policy.slug: policy for policy in Policy.objects.all()}


def test_seed_data_passes_the_checks(seeded: dict[str, Policy]) -> None:
    errors = {
        slug: lint.errors(draft_of(policy, seed.POLICIES[slug].versions[-1].source))
        for slug, policy in seeded.items()
    }
    assert errors == {slug: [] for slug in seed.POLICIES}


# Mutation: with `required_sections` missing from the fields of a new policy, it had none.
def test_seeded_policies_have_required_sections(seeded: dict[str, Policy]) -> None:
    for slug, policy in seeded.items():
        required = seed.POLICIES[slug].sections
        assert policy.required_sections.split("\n") == list(required)
        assert len(required) >= 4, slug
        missing = [f"The required section “{title}” is missing." for title in required]
        assert lint.errors(draft_of(policy, "Nothing."))[: len(missing)] == missing


def test_version_without_a_required_section_is_not_reviewed(
    seeded: dict[str, Policy], alice: User
) -> None:
    draft = workflow.create_draft(seeded["privacy"], user=alice)
    draft.source, draft.summary = draft.source.replace("## Your card", "## Plastic"), "Plastic."
    workflow.save_draft(draft, user=alice)
    with pytest.raises(PolicyError) as error:
        workflow.submit_for_review(draft, user=alice)
    assert str(error.value) == "The required section “Your card” is missing."
    draft.refresh_from_db()
    assert draft.stage == "draft"
