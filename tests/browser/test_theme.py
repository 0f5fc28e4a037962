"""Light and dark in a real browser."""

import pytest
from playwright.sync_api import Page

from microflight.core.palette import DARK, LIGHT


def _rgb(colour: str) -> str:
    """`#fbfaf6` as a browser reports it."""
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


# Mutation: with the dark tokens given to no element, paper and ink stayed light.
@pytest.mark.promise("theme")
@pytest.mark.parametrize(("scheme", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_page_follows_the_theme_of_the_device(
    scheme: str, tokens: dict[str, str], page: Page, shop: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    page.goto(f"{shop}/contact/")
    style = page.evaluate("(({color, backgroundColor}) => [color, backgroundColor])"
                          "(getComputedStyle(document.body))")  # fmt: skip
    assert style == [_rgb(tokens["ink"]), _rgb(tokens["paper"])]
