"""Colour contrast, and one small stylesheet."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from microflight import bundle
from microflight.core.palette import DARK, LIGHT, with_values

CSS = Path(settings.BASE_DIR) / "static" / "css"
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

ROOT = Path(settings.BASE_DIR)
#: The only files that may define colours: the tokens, and the washes of the drawings.
DEFINITIONS = {"static/css/tokens.css", "catalog/seed/drawing/palette.py"}
HEX = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)


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
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_contrast(theme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_border_contrast(theme: dict[str, str], mark: str, ground: str) -> None:
    assert contrast(theme[mark], theme[ground]) >= 3


def test_dark_theme_changes_only_colours() -> None:
    dark = (CSS / "tokens.css").read_text().split("@media")[1]
    assert dark.startswith(" (prefers-color-scheme: dark)")
    assert set(re.findall(r"--([a-z-]+):", dark)) <= set(LIGHT)
    assert set(DARK) == set(LIGHT)


def test_used_tokens_exist() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", bundle.shop_css()))
    used = set(re.findall(r"var\(--([a-z0-9-]+)", bundle.shop_css()))
    assert used - known <= {"gap", "tile"}  # these are set where they are used, with a default


def test_used_admin_variables_exist() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", bundle.admin_css()))
    used = set(re.findall(r"var\(--([a-z0-9-]+)", bundle.admin_css()))
    assert used <= known | {"font-family-monospace"}


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


def _colours(path: Path) -> set[str]:
    found = {text.lower() for text in HEX.findall(path.read_text())}
    return {re.sub("[0-9a-f]", r"\g<0>\g<0>", text) if len(text) == 4 else text for text in found}


def test_colours_come_from_tokens() -> None:
    folders = ("static/css", "static/js", "templates", "accounts", "catalog", "checkout",
               "microflight", "policies")  # fmt: skip
    files = [path for name in folders for path in (ROOT / name).rglob("*.*")
             if path.suffix in (".css", ".js", ".html", ".py", ".txt")]  # fmt: skip
    strays = {str(path.relative_to(ROOT)) for path in files if _colours(path)}
    assert strays == DEFINITIONS


def test_drawings_and_icons_use_tokens() -> None:
    tokens = {*LIGHT.values(), *DARK.values()}
    assert not _colours(ROOT / "catalog" / "seed" / "drawing" / "palette.py") & tokens
    for icon in (ROOT / "static" / "icons").glob("*.svg"):  # loaded alone, without a stylesheet
        assert _colours(icon) <= tokens


def test_email_styles_get_token_values() -> None:
    rule = "a { color: var(--sky); }"
    css = f"{rule}\n@media (prefers-color-scheme: dark) {{\n  {rule}\n}}\n{rule}"
    assert with_values(css).count(LIGHT["sky"]) == 2
    assert with_values(css).split("@media")[1].count(DARK["sky"]) == 1
