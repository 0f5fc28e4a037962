"""The policies as people read them: axe, the keyboard, paper, light and dark, any screen."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from policies import publishing, seed
from policies.models import Kind, Policy, PolicyTranslation, PolicyVersion

ADDRESSES = [
    "/policies/",
    "/policies/shipping/",
    "/policies/shipping/history/",
    "/policies/shipping/v1/",
    "/policies/shipping/changes/1-2/",
    "/policies/shipping/on/{today}/",
    "/policies/shipping/fr/",
    "/policies/shipping/v9/",
]


@pytest.fixture
def texts(shop: str) -> str:
    """The shop's address: shipping in two versions, the first one in French, a third announced."""
    seed.load()
    policy = Policy.objects.get(slug="shipping")
    first = PolicyVersion.objects.get(policy=policy)
    source = first.source
    publishing.publish_translation(
        PolicyTranslation.objects.create(
            version=first, language="fr", title="Livraison",
            body="## Ce que coûte la livraison\n\nElle est facturée au poids.\n\n- un\n- deux\n",
        ),
        by=None,
    )  # fmt: skip
    changed = source.replace("We pack on working days, Monday to Friday.", "We pack on Tuesdays.")
    publishing.adopt(policy, changed, summary="We pack once a week.", kind=Kind.MATERIAL)
    later = timezone.localdate() + timedelta(days=40)
    publishing.adopt(policy, source, summary="As it was.", effective_on=later)
    return shop


def _to(page: Page, shop: str, address: str) -> None:
    page.goto(shop + address.format(today=timezone.localdate().isoformat()))


def _broken_rules(page: Page) -> list[str]:
    """The rules of WCAG 2.2 AA, and of good practice, that axe-core sees broken."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


# Broken once: with --ink-soft as light as in the dark axe named color-contrast.
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    page: Page, texts: str, scheme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address in ADDRESSES:
        _to(page, texts, address)
        assert (address, _broken_rules(page)) == (address, [])
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert (address, wide) == (address, width)


def test_the_keyboard_skips_to_the_text_and_follows_the_contents(page: Page, texts: str) -> None:
    _to(page, texts, "/policies/shipping/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip-link")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator(":focus")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    expect(first).to_be_visible()
    contents = page.get_by_role("navigation", name="On this page").get_by_role("link")
    contents.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{texts}/policies/shipping/#what-delivery-costs")


def test_the_keyboard_reaches_a_change_and_a_screen_reader_hears_what_kind_it_is(
    page: Page, texts: str
) -> None:
    _to(page, texts, "/policies/shipping/changes/1-2/")
    changes = page.get_by_role("navigation", name="1 change").get_by_role("link")
    changes.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{texts}/policies/shipping/changes/1-2/#change-1")
    said = page.locator(".prose.redline p", has=page.locator("#change-1")).text_content() or ""
    assert said.startswith(
        "We pack on [removed: working days, Monday to Friday] [added: Tuesdays]. An order "
    )


def test_a_history_is_compared_and_asked_for_a_day_with_the_keyboard_alone(
    page: Page, texts: str
) -> None:
    _to(page, texts, "/policies/shipping/history/")
    page.get_by_role("combobox", name="From").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shipping Information: what changed")
    _to(page, texts, "/policies/shipping/history/")
    page.get_by_role("button", name="Show the text").focus()
    page.keyboard.press("Enter")
    today = timezone.localdate().isoformat()
    expect(page).to_have_url(f"{texts}/policies/shipping/on/{today}/")


# Broken once: with `.contents` struck from print.css the list of contents was on paper.
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_the_words_their_number_and_seal_and_nothing_to_press(
    page: Page, texts: str, scheme: str
) -> None:
    _to(page, texts, "/policies/shipping/v1/")
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    for shown in ("h1", ".prose", ".policy-standing", ".policy > footer code"):
        expect(page.locator(shown)).to_be_visible()
    for hidden in (".site-header", ".site-footer", ".breadcrumbs", ".contents", ".policy-tools"):
        expect(page.locator(hidden).first).to_be_hidden()
    style = "getComputedStyle(document.querySelector('.prose p')).color"
    assert page.evaluate(style) == "rgb(0, 0, 0)"
