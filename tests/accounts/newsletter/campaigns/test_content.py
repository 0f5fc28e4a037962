"""Markdown and blocks in both parts of an email."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.newsletter.campaigns.content import BEGIN, END, render_content
from policies import workflow
from policies.models import ChangeType, Policy
from tests.catalog import factories

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"


def _text(campaign: Any) -> str:
    return render_content(campaign).text.split("-" * 20)[0].strip()


def _html(campaign: Any) -> str:
    """The email itself, without its styles."""
    html = render_content(campaign).html.partition(BEGIN)[2].partition(END)[0]
    return re.sub(r' style="[^"]*"', "", html).strip()


def test_text_part_lists_urls_below(make_draft: Any) -> None:
    source = (
        "# Spring\n\nSee [the shop](/) or <https://example.com/a>, or [ask](mailto:a@b.ca).\n\n"
        "1. one\n   - [inside](/contact/)\n2. two\n\n> said *once*\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert _text(make_draft(source=source)) == (
        "Spring\n======\n\n"
        "See the shop [1] or [[link:2]], or ask [2].\n\n[1] [[link:1]]\n[2] a@b.ca\n\n"
        "1. one\n   - inside [1]\n2. two\n\n[1] [[link:3]]\n\n"
        "> said once\n\na | b\n1 | 2"
    )


def test_text_lines_have_at_most_78_characters(make_draft: Any) -> None:
    source = "- " + "word " * 60 + "\n\n> " + "word " * 60 + "\n\n" + "word " * 60
    lines = render_content(make_draft(source=source)).text.splitlines()
    assert max(map(len, lines)) <= 78
    assert lines[1].startswith("  word")


def test_html_is_escaped_and_script_links_are_removed(make_draft: Any) -> None:
    html = _html(
        make_draft(source="<script>alert(1)</script> [x](javascript:alert(1)) <img src=x>")
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_links_are_numbered_in_order(make_draft: Any) -> None:
    draft = make_draft(source="[a](/) [b](/contact/) [c](/)\n\n::button Go /contact/\n")
    assert render_content(draft).links == [f"{SITE}/", f"{SITE}/contact/"]
    assert re.findall(r'href="([^"]+)"', _html(draft)) == [
        "[[link:1]]", "[[link:2]]", "[[link:1]]", "[[link:2]]",
    ]  # fmt: skip


def test_styles_are_inlined_except_dark_mode(make_draft: Any) -> None:
    html = render_content(make_draft()).html
    assert 'style="margin: 0 0 12px;font-size: 22px;line-height: 1.25;"' in html
    head = html.partition("</head>")[0]
    assert "@media (prefers-color-scheme: dark)" in head
    assert "@media (max-width: 420px)" in head
    assert '<meta name="color-scheme" content="light dark">' in head


def test_product_block_shows_image_weight_and_price(make_draft: Any) -> None:
    plane = factories.product("Moth", sku="MF-MOTH", price="49.95", weight="2.8")
    draft = make_draft(source='::product MF-MOTH "Back & light"')
    html, text = _html(draft), _text(draft)
    assert f'src="{SITE}/media/products/MF-MOTH-0.png" alt="Moth" width="120"' in html
    assert "Back &amp; light" in html
    assert "2.8&nbsp;g" in html
    assert text == "Back & light:\nMoth\n2.8 g, $49.95\n[[link:1]]"
    assert render_content(draft).links == [SITE + plane.get_absolute_url()]
    assert render_content(draft).alts == ["Moth"]


def test_product_block_of_variant_shows_product(make_draft: Any) -> None:
    parent = factories.with_variants("Motor", ["14.00", "12.00"])
    sku = parent.children.first().upc
    draft = make_draft(source=f"::product {sku}")
    assert _text(draft) == "Motor\nfrom 3.6 g, from $12.00\n[[link:1]]"
    assert render_content(draft).links == [SITE + parent.get_absolute_url()]


def test_policy_block_links_to_version_and_changes(make_draft: Any) -> None:
    policy = Policy.objects.create(slug="terms", title="Terms of Sale")
    workflow.adopt(policy, "We send what you order.")
    workflow.adopt(
        policy, "And more.", summary="Returns in 60 days.", change_type=ChangeType.EDITORIAL
    )
    draft = make_draft(source="::policy terms 2")
    assert "Terms of Sale, version 2\nIn effect since" in _text(draft)
    assert "Returns in 60 days." in _html(draft)
    assert render_content(draft).links == [
        f"{SITE}/policies/terms/v2/",
        f"{SITE}/policies/terms/changes/1-2/",
    ]


def test_offer_block_shows_active_offers(make_draft: Any) -> None:
    from oscar.apps.voucher.models import Voucher

    from catalog.models import Category
    from checkout.offers.models import ConditionalOffer
    from checkout.offers.seed import load_offers

    names = ("propellers", "starter-sets", "batteries-chargers", "airplanes")
    load_offers(
        {name: factories.category(name) for name in names} | {"x": Category.objects.first()}
    )
    draft = make_draft(
        source="::offer spare-power-with-a-starter-set\n\n::offer wings10 /contact/\n"
    )
    text = _text(draft)
    assert "Buy a deluxe starter set and save $10.00 on batteries and chargers." in text
    assert "until December 31, 2035\n10% off airplanes\nDiscount code: WINGS10" in text
    assert render_content(draft).problems == []
    gone = timezone.now() - timedelta(days=1)
    Voucher.objects.filter(code="WINGS10").update(end_datetime=gone)
    ConditionalOffer.objects.filter(slug__startswith="spare").update(end_datetime=gone)
    assert [one.rpartition("– ")[2] for one in render_content(draft).problems] == [
        "“Spare power with a starter set” is not available now.",
        "“Discount code WINGS10” is not available now.",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("::product NONE", "No public product has the SKU “NONE”."),
        ("::product", 'Write it like this: ::product PLANE-12 "Back in stock"'),
        ("::image none", "There is no image “none”."),
        ("::policy privacy 3", "Version 3 of “privacy” is not published."),
        (f"::policy privacy {'9' * 40}", f"Version {'9' * 40} of “privacy” is not published."),
        ("::offer none", "There is no offer or discount code “none”."),
        ('::button "open', "A quotation mark is not closed."),
        ("::button Go javascript:alert(1)", "“javascript:alert(1)” is not the URL of a page."),
        ("::button Go //example.com/", "“//example.com/” is not the URL of a page."),
    ],
)
def test_invalid_block_is_reported(make_draft: Any, line: str, problem: str) -> None:
    written = render_content(make_draft(source=f"Before.\n{line}\nAfter."))
    assert [one.partition(" – ")[2] for one in written.problems] == [problem]
    assert written.text.startswith("Before.\n\nAfter.")


def test_block_must_start_its_line(make_draft: Any) -> None:
    source = "```\n::product X\n```\n\n- a\n  ::product X\n\nSee ::product X."
    assert render_content(make_draft(source=source)).problems == []
