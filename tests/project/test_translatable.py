"""Every visible string is marked for translation, so that French needs no change of code."""

from pathlib import Path

import pytest
from django.conf import settings

from .translatable import (
    counts_without_plural,
    sources,
    unmarked,
    unmarked_in_python,
    unmarked_in_template,
)

ROOT = Path(settings.BASE_DIR)


def test_every_visible_string_is_marked_for_translation() -> None:
    found = {name: unmarked(ROOT / name) for name in sources(ROOT)}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_count_has_a_plural() -> None:
    found = {name: counts_without_plural(ROOT / name) for name in sources(ROOT)}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("a.py", "_('At most %(n)d photos')", [(1, "%(n)d photos")]),
        ("a.py", "gettext('x %(n)s open red items.')", [(1, "%(n)s open red items")]),
        ("a.py", "_('%(n)d were sent')", [(1, "%(n)d were")]),
        ("a.py", "ngettext('%(n)d item', '%(n)d items', n)", []),
        ("a.py", "_('Items: %(n)d')", []),
        (
            "a.txt",
            "{% blocktranslate trimmed with a=b %}\nIn {{ n }} hours{% endblocktranslate %}",
            [(2, "{{ n }} hours")],
        ),
        (
            "a.txt",
            "{% blocktranslate count n=n %}1{% plural %}{{ n }} hours{% endblocktranslate %}",
            [],
        ),
        ("a.txt", "{% blocktranslate %}{{ number }} were{% endblocktranslate %}", []),
        ("a.txt", "{% blocktranslate %}Hours: {{ n }}{% endblocktranslate %} {{ n }} items", []),
    ],
)
def test_count_without_plural_is_found(tmp_path: Path, name: str, source: str, found: list) -> None:
    path = tmp_path / name
    path.write_text(source)
    assert counts_without_plural(path) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Your cart</p>", [(1, "Your cart")]),
        ("<p>{% translate 'Your cart' %}</p>", []),
        (
            "{% blocktranslate trimmed %}\nYour\ncart{% endblocktranslate %}\n<b>Two</b>",
            [(4, "Two")],
        ),
        ('<img alt="A motor">', [(1, "A motor")]),
        ('{% include "_form.html" with button="Save" icon="x" %}', [(1, "Save")]),
        ('{% include "_form.html" with button=_("Save") %}', []),
        ("<script>const name = 1;</script>{{ cart }} – 3.6 g", []),
    ],
)
def test_unmarked_text_in_a_template_is_found(tmp_path: Path, source: str, found: list) -> None:
    path = tmp_path / "page.html"
    path.write_text(source)
    assert unmarked_in_template(path) == found


def test_unmarked_text_in_python_is_found(tmp_path: Path) -> None:
    path = tmp_path / "forms.py"
    path.write_text(
        "a = CharField(label='Name', help_text=_('Your name'))\n"
        "messages.error(request, f'Not {x} found')\n"
        "logger.error('For administrators')\n"
        "class State(TextChoices):\n    OPEN = 'open', 'Open'\n"
    )
    assert unmarked_in_python(path) == [(1, "Name"), (2, " found"), (2, "Not "), (5, "Open")]
