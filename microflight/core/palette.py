"""The colours of static/css/tokens.css, for what cannot use CSS variables."""

import re
from pathlib import Path

_TOKENS = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text()
_DARK_MODE = re.compile(r"(?ms)^@media \(prefers-color-scheme: dark\) \{.*?^\}")


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))


LIGHT = _colours(_TOKENS.partition("@media")[0])
DARK = LIGHT | _colours("".join(_DARK_MODE.findall(_TOKENS)))


def with_values(css: str) -> str:
    """Return CSS with values in place of `var(--ink)`, because email programs know no variables."""

    def fill(css: str, theme: dict[str, str]) -> str:
        return re.sub(r"var\(--([a-z-]+)\)", lambda name: theme[name[1]], css)

    return fill(_DARK_MODE.sub(lambda block: fill(block[0], DARK), css), LIGHT)


def admin_tokens() -> str:
    """Return the colours for the admin, where staff choose the theme; `--light-ink` stays light."""
    lines = [
        f"--{name}: light-dark({light}, {DARK[name]});\n--light-{name}: {light};\n"
        for name, light in LIGHT.items()
    ]
    return ":root {\n" + "".join(lines) + "}\n"
