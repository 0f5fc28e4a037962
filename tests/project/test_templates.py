"""Every template of ours compiles."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
ALL = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ALL)
def test_every_template_compiles(name: str) -> None:
    get_template(name)
