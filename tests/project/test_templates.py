"""Every template of ours compiles, and the frame of the page stands."""

from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.test import RequestFactory

FOLDER = Path(settings.BASE_DIR) / "templates"
ALL = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ALL)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


def a_page(rf: RequestFactory, **attributes: object) -> HttpResponse:
    """The bare frame, for a visitor who comes with nothing."""
    request = rf.get("/")
    for name, value in attributes.items():
        setattr(request, name, value)
    return render(request, "base.html")
