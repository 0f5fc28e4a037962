"""Colours that can be read, and a stylesheet that is one small file."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from microflight import bundle

CSS = Path(settings.BASE_DIR) / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
    for part in TOKENS.split("@media (prefers-color-scheme: dark)")
)
GROUNDS = ("paper", "surface", "plate")
# what is written on what; each pair needs 4.5:1 (WCAG 2.2, 1.4.3)
TEXT = [
    *((text, ground) for text in ("ink", "ink-soft", "sky", "sky-strong") for ground in GROUNDS),
    *((text, ground) for text in ("leaf", "amber", "fault") for ground in GROUNDS),
    ("sky", "sky-wash"), ("ink", "sky-wash"), ("ink-soft", "sky-wash"),
    ("ink", "leaf-wash"), ("leaf", "leaf-wash"), ("ink", "amber-wash"), ("amber", "amber-wash"),
    ("ink", "fault-wash"), ("fault", "fault-wash"), ("sky-strong", "amber-wash"),
    ("paper", "ink"), ("paper", "sky-strong"), ("on-signal", "signal"),
]  # fmt: skip
# edges of controls and marks; 3:1 (1.4.11)
MARKS = [("edge", "paper"), ("edge", "surface"), ("sky", "paper"), ("sky", "surface"),
         ("on-signal", "signal-strong")]  # fmt: skip

PAPERS = {"#fff", "#fbfaf6"}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_follows_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.promise("contrast")
@pytest.mark.parametrize("theme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_contrast(theme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_border_contrast(theme: dict[str, str], mark: str, ground: str) -> None:
    assert contrast(theme[mark], theme[ground]) >= 3


def test_dark_theme_changes_only_colours() -> None:
    assert set(DARK) <= set(LIGHT)


def test_used_tokens_exist() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", bundle.joined()))
    used = set(re.findall(r"var\(--([a-z0-9-]+)", bundle.joined()))
    assert used - known <= {"gap", "tile"}  # these are set where they are used, with a default


def test_stylesheet_is_one_file() -> None:
    found = Path(str(finders.find("css/site.css")))
    css = found.read_text()
    assert css.startswith(":root {")
    assert css.rstrip().endswith("}")
    assert "@import" not in css
    assert "url(" not in css
    for path in bundle.sources():
        first_rule = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).split("{")[0]
        assert first_rule.strip().split("\n")[-1].strip() in css
    assert len(gzip.compress(css.encode())) < 16_000


def test_colours_come_from_tokens() -> None:
    strays = {
        path.name: found
        for path in (CSS / "components").glob("*.css")
        # drawings and letters are ink on light paper in both themes
        if (found := set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())) - PAPERS)
    }
    assert strays == {}
