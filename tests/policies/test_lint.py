"""What a machine finds wrong with a text before a person reads it."""

import pytest

from accounts.users.models import User
from policies import lint, publishing, reading_level, register, seed
from policies.models import Kind, Policy, PolicyVersion
from policies.publishing import PolicyError

pytestmark = pytest.mark.django_db


def draft(policy: Policy, source: str, **changes: str) -> PolicyVersion:
    return PolicyVersion(policy=policy, source=source, summary="Other words.", **changes)


def found(policy: Policy, source: str, **changes: str) -> list[tuple[int, bool, str]]:
    """Every finding as line, whether it stops, words."""
    findings = lint.findings(draft(policy, source, **changes))
    return [(one.line, one.stops, one.words) for one in findings]


def test_a_good_text_has_no_findings(shipping: Policy) -> None:
    assert found(shipping, "Write to {{ sales_email }}, or read [the rest](/policies/).") == []


def test_an_unknown_variable_is_named_with_its_line(shipping: Policy) -> None:
    assert found(shipping, "Call:\n\n{{ telefone }}") == [
        (3, True, "nobody knows the variable “telefone”.")
    ]


# Broken once: with names of small letters alone, the first two were published as they stand here,
# and publishing the third one ended in a KeyError.
@pytest.mark.parametrize(
    ("written", "name"),
    [("{{ Hours }}", "Hours"), ("{{ sales-email }}", "sales-email"), ("{{\nhour\n}}", "hour")],
)
def test_whatever_stands_in_two_braces_is_a_variable(
    written: str, name: str, shipping: Policy
) -> None:
    assert lint.errors(draft(shipping, f"Open:\n{written}.")) == [
        f"Line 2: nobody knows the variable “{name}”."
    ]
    with pytest.raises(PolicyError, match=f"nobody knows the variable “{name}”"):
        publishing.adopt(shipping, f"Open:\n{written}.")
    assert shipping.versions.count() == 1


# Broken once: with no section ever missing, only the advice about “Services” was left.
def test_a_missing_section_stops_and_one_that_went_is_mentioned(shipping: Policy) -> None:
    shipping.required_sections = "Questions\nBatteries in the post\n"
    publishing.adopt(shipping, "## Services\n\nA few.\n\n## Questions\n\nAsk us.")
    assert found(shipping, "## Batteries in the post\n\nNot by air.") == [
        (0, True, "The section “Questions” is missing."),
        (0, False, "Version 2 has a section “Services”, this text has not."),
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Write to sales@plantrac.com.", "“sales@plantrac.com” is no e-mail address of the shop"),
        ("Call +1 306 955 1863.", "“+1 306 955 1863” is no number of the shop"),
        ("Call (306) 955-1863.", "“(306) 955-1863” is no number of the shop"),
        ("Post it to S7H 0S8.", "“S7H 0S8” is no postcode of the shop"),
    ],
)
def test_a_contact_that_is_not_the_shops_stops(words: str, told: str, shipping: Policy) -> None:
    ((line, stops, said),) = found(shipping, f"Ask.\n{words}")
    assert (line, stops) == (2, True)
    assert said.startswith(told)
    assert found(shipping, f"Ask.\n{words} <!-- theirs -->") == []


@pytest.mark.parametrize("contact", ["sales@plantraco.com", "306-955-1836", "S7H0S3"])
def test_a_contact_that_is_written_out_gets_the_advice_to_use_a_variable(
    contact: str, shipping: Policy
) -> None:
    assert found(shipping, f"Ask {contact} today.") == [
        (1, False, f"“{contact}” is right today; a variable stays right when it changes.")
    ]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/policies/nowhere/", "leads to a policy that does not exist."),
        ("/nowhere/", "leads nowhere on this site."),
        ("/policies/shipping/#services", "names a section that the policy has not."),
        ("/policies/shipping/sevices/", "leads nowhere on this site."),
        ("/policies/shipping/v9/", "names a version that the policy has not."),
        ("/policies/shipping/changes/1-9/", "names a version that the policy has not."),
        ("#services", "names a section that is not here."),
        ("shipping/", "depends on the page it stands on: begin it with a slash."),
        ("http://example.com/", "is not encrypted: write https."),
        ("ftp:files", "is no address that a text may lead to."),
    ],
)
def test_a_link_that_leads_nowhere_stops(address: str, why: str, shipping: Policy) -> None:
    assert found(shipping, f"See\n[this]({address}) now.") == [
        (2, True, f"the link to “{address}” {why}")
    ]


@pytest.mark.parametrize(
    "address",
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
def test_a_link_that_leads_somewhere_is_fine(address: str, shipping: Policy) -> None:
    assert found(shipping, f"## Terms\n\nSee [this]({address}).") == []


# Broken once: without the third form in the pattern, nothing was found.
def test_an_address_that_a_link_names_elsewhere_is_looked_at_too(shipping: Policy) -> None:
    assert found(shipping, "See [this][there] now.\n\n[there]: http://example.com/") == [
        (3, True, "the link to “http://example.com/” is not encrypted: write https.")
    ]


def test_a_cookie_that_the_site_sets_and_the_text_leaves_out_stops() -> None:
    cookies = Policy.objects.create(slug="cookies", title="Cookies")
    names = [one.name for one in register.cookies()]
    assert {"sessionid", "csrftoken", "basket"} <= set(names)
    listed = "\n".join(["| Cookie |", "| --- |", *(f"| {n} |" for n in names if n != "basket")])
    assert found(cookies, listed) == [
        (0, True, "The site sets a cookie “basket”, and the text does not list it.")
    ]
    assert found(cookies, "{{ cookies }}") == []


def test_a_text_on_something_else_lists_all_cookies_or_none(shipping: Policy) -> None:
    assert found(shipping, "No messages, no basket.") == []
    missing = found(shipping, "The note `basket` holds your cart.")
    assert len(missing) == len(register.cookies()) - 1


def test_a_promise_that_no_test_holds_stops_and_names_its_line(shipping: Policy) -> None:
    source = "One.\n\n<!-- promise: fly-to-the-moon --> We post to the moon."
    assert found(shipping, source)[0] == (
        3, True, "no test of the software holds the promise “fly-to-the-moon”.",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "stops"), [(Kind.EDITORIAL, True), (Kind.MATERIAL, False)])
def test_a_promise_that_goes_makes_a_material_change(
    kind: Kind, stops: bool, shipping: Policy
) -> None:
    publishing.adopt(shipping, "<!-- promise: no-sale --> We sell no data.")
    assert found(shipping, "We are silent.", kind=kind) == [
        (0, stops, "Promises: “no-sale” is gone. That makes it a material change.")
    ]


def test_hard_language_is_mentioned_and_stops_nothing(shipping: Policy) -> None:
    hard = (
        "Notwithstanding the aforementioned stipulations, consideration of reimbursement "
        "applications necessitates comprehensive documentation of individual circumstances."
    )
    ((line, stops, words),) = found(shipping, hard)
    assert (line, stops) == (0, False)
    assert words.startswith("Its language takes")


def test_the_reading_level_follows_the_published_formula() -> None:
    # 12 words, 2 sentences, 14 syllables: 0.39 * 6 + 11.8 * 14 / 12 - 15.59
    text = "We post on each Monday. Then you get a letter from us."
    assert reading_level.grade(text) == pytest.approx(0.39 * 6 + 11.8 * 14 / 12 - 15.59, abs=0.01)
    assert reading_level.grade("") == 0.0
    assert reading_level.grade("## Heading\n\n| a | b |") == 0.0


def test_what_stops_is_refused_by_the_service_too(shipping: Policy, alice: User) -> None:
    text = publishing.new_draft(shipping, by=alice)
    before = PolicyVersion.objects.filter(pk=text.pk).values().get()
    with pytest.raises(PolicyError, match="Say in the summary what changes"):
        publishing.submit(text, by=alice)
    assert PolicyVersion.objects.filter(pk=text.pk).values().get() == before


@pytest.fixture
def of_the_shop(db: None) -> dict[str, Policy]:
    """The policies that come with the software and their texts in force, loaded once for all."""
    seed.load()
    return {policy.slug: policy for policy in Policy.objects.all()}


def newest_source(slug: str) -> str:
    """The text of a policy as the software brings it, its variables open."""
    return seed.source_of(seed.SUBJECTS[slug].editions[-1])


def test_the_texts_in_force_pass_their_own_checks(of_the_shop: dict[str, Policy]) -> None:
    stopped = {
        slug: lint.errors(draft(policy, newest_source(slug)))
        for slug, policy in of_the_shop.items()
    }
    assert stopped == {slug: [] for slug in seed.SUBJECTS}


# Broken once: with the sections left out of what a new policy starts with, it required none.
def test_each_policy_that_comes_with_the_software_says_which_sections_it_cannot_be_without(
    of_the_shop: dict[str, Policy],
) -> None:
    for slug, policy in of_the_shop.items():
        required = seed.SUBJECTS[slug].sections
        assert policy.required_sections.split("\n") == list(required)
        assert len(required) >= 4, slug
        missing = [f"The section “{words}” is missing." for words in required]
        assert lint.errors(draft(policy, "Nothing."))[: len(missing)] == missing


# Broken once: with the sections left out of what a new policy starts with, the text was reviewed.
def test_a_text_that_loses_a_required_section_is_not_reviewed(
    of_the_shop: dict[str, Policy], alice: User
) -> None:
    text = publishing.new_draft(of_the_shop["privacy"], by=alice)
    text.source, text.summary = text.source.replace("## Your card", "## Plastic"), "Plastic."
    publishing.write(text, by=alice)
    with pytest.raises(PolicyError) as refusal:
        publishing.submit(text, by=alice)
    assert str(refusal.value) == "The section “Your card” is missing."
    text.refresh_from_db()
    assert text.stage == "draft"
