"""Policy pages in a real browser: axe, keyboard, print, light and dark, phone and desktop."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from policies import seed, workflow
from policies.models import ChangeType, Policy, PolicyTranslation, PolicyVersion

PATHS = [
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
def policies(shop: str) -> str:
    """The shop's URL; the shipping policy has three versions: one with a French translation, one in
    force, and one scheduled."""
    seed.load()
    policy = Policy.objects.get(slug="shipping")
    first = PolicyVersion.objects.get(policy=policy)
    source = first.source
    workflow.publish_translation(
        PolicyTranslation.objects.create(
            version=first,
            language="fr",
            title="Livraison",
            body="## Ce que coûte la livraison\n\nElle est facturée au poids.\n\n- un\n- deux\n",
        ),
        user=None,
    )
    changed = source.replace("We pack on business days, Monday to Friday.", "We pack on Tuesdays.")
    workflow.adopt(policy, changed, summary="We pack once a week.", change_type=ChangeType.MATERIAL)
    later = timezone.localdate() + timedelta(days=40)
    workflow.adopt(policy, source, summary="As it was.", effective_on=later)
    return shop


def _open(page: Page, shop: str, path: str) -> None:
    page.goto(shop + path.format(today=timezone.localdate().isoformat()))


def _violations(page: Page) -> list[str]:
    """Return the violations of WCAG 2.2 AA and best practices that axe-core finds."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


# Mutation: with the dark theme's --ink-soft in the light theme, axe reported color-contrast.
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_violations_and_fit_the_screen(
    page: Page, policies: str, scheme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in PATHS:
        _open(page, policies, path)
        assert (path, _violations(page)) == (path, [])
        page_width = page.evaluate("document.documentElement.scrollWidth")
        assert (path, page_width) == (path, width)


def test_keyboard_skips_to_content_and_follows_the_contents(page: Page, policies: str) -> None:
    _open(page, policies, "/policies/shipping/")
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
    expect(page).to_have_url(f"{policies}/policies/shipping/#shipping-rates")


def test_keyboard_reaches_changes_and_screen_readers_say_their_type(
    page: Page, policies: str
) -> None:
    _open(page, policies, "/policies/shipping/changes/1-2/")
    changes = page.get_by_role("navigation", name="1 change").get_by_role("link")
    changes.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{policies}/policies/shipping/changes/1-2/#change-1")
    text = page.locator(".prose.redline p", has=page.locator("#change-1")).text_content() or ""
    assert text.startswith(
        "We pack on [removed: business days, Monday to Friday] [added: Tuesdays]. An order "
    )


def test_history_forms_work_with_the_keyboard(page: Page, policies: str) -> None:
    _open(page, policies, "/policies/shipping/history/")
    page.get_by_role("combobox", name="From").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shipping Information: changes")
    _open(page, policies, "/policies/shipping/history/")
    page.get_by_role("button", name="Show version").focus()
    page.keyboard.press("Enter")
    today = timezone.localdate().isoformat()
    expect(page).to_have_url(f"{policies}/policies/shipping/on/{today}/")


# Mutation: without `.contents` in print.css, the contents were printed.
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_shows_the_version_and_no_controls(page: Page, policies: str, scheme: str) -> None:
    _open(page, policies, "/policies/shipping/v1/")
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    for shown in ("h1", ".prose", ".policy-status", ".policy > footer code"):
        expect(page.locator(shown)).to_be_visible()
    for hidden in (".site-header", ".site-footer", ".breadcrumbs", ".contents", ".policy-links"):
        expect(page.locator(hidden).first).to_be_hidden()
    style = "getComputedStyle(document.querySelector('.prose p')).color"
    assert page.evaluate(style) == "rgb(0, 0, 0)"
