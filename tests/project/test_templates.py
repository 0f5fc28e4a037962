"""Every template of ours compiles."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
ALL = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ALL)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


def test_templates_have_one_way_to_show_html() -> None:
    own_way = re.compile(r"\|\s*(?:safe|safeseq|striptags)\b")
    assert [name for name in ALL if own_way.search((FOLDER / name).read_text())] == []


def test_admin_pages_have_one_date_format() -> None:
    other = re.compile(r'\|date:"(?!DATE_FORMAT"|DATETIME_FORMAT"|Y-m-d)')
    admin = [name for name in ALL if name.startswith("admin/")]
    assert [name for name in admin if other.search((FOLDER / name).read_text())] == []
