"""A version on paper, with a watermark where it does not hold."""

import re
import zlib

import pytest
from django.test import Client

from policies.models import Policy, PolicyVersion
from policies.pdf import WATERMARKS
from policies.states import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]


def words_of(client: Client, number: int) -> str:
    answer = client.get(f"/policies/privacy/v{number}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'inline; filename="privacy-v{number}.pdf"'
    assert answer.content.startswith(b"%PDF-")
    said = []
    for stream in re.findall(rb"stream\n(.*?)\nendstream", answer.content, re.DOTALL):
        try:
            page = zlib.decompress(stream)
        except zlib.error:
            continue
        said += re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", page)
    return b" ".join(said).decode("cp1252")


@pytest.mark.parametrize(
    ("number", "state"), [(1, Stage.SUPERSEDED), (2, Stage.PUBLISHED), (3, Stage.SCHEDULED)]
)
def test_only_a_text_that_does_not_hold_carries_a_watermark(
    client: Client, privacy: Policy, number: int, state: Stage
) -> None:
    words = words_of(client, number)
    for each, mark in WATERMARKS.items():
        assert (mark in words) == (each == state)
    assert ["Old words.", "Present words.", "Future words."][number - 1] in words
    assert PolicyVersion.objects.get(number=number).sha256 in words


def test_a_pdf_that_is_not_there_is_not_found(client: Client, privacy: Policy) -> None:
    assert client.get("/policies/privacy/v4.pdf").status_code == 404
    assert client.get("/policies/nothing/v1.pdf").status_code == 404
