"""A version on paper, with a watermark where it does not hold."""

import re
import zlib

import pytest
from django.test import Client

from policies import publishing
from policies.models import Policy, PolicyTranslation, PolicyVersion
from policies.pdf import WATERMARKS
from policies.printable import can_print, printable
from policies.states import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]


def words_of(client: Client, number: int, language: str = "") -> str:
    name = f"v{number}/{language}" if language else f"v{number}"
    answer = client.get(f"/policies/privacy/{name}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    kept_as = f"privacy-{name.replace('/', '-')}.pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{kept_as}"'
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


# Broken once: with the title left out of the name under which it is kept, the old one stood there.
def test_a_new_title_of_the_policy_stands_on_paper_at_once(client: Client, privacy: Policy) -> None:
    assert "Your data" not in words_of(client, 2)
    privacy.title = "Your data"
    privacy.save()
    assert "Your data" in words_of(client, 2)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("privacy/v4.pdf", "This policy has no version 4."),
        ("privacy/v1/fr.pdf", "There is no text in français here."),
        ("privacy/v4/fr.pdf", "This policy has no version 4."),
        ("nothing/v1.pdf", "There is no such policy."),
    ],
)
def test_a_pdf_that_is_not_there_is_not_found_and_leads_back(
    client: Client, privacy: Policy, address: str, why: str
) -> None:
    answer = client.get(f"/policies/{address}")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert why in html
    assert '<li><a href="/policies/">All policies</a></li>' in html


def _in(language: str, number: int, title: str, body: str) -> PolicyTranslation:
    made = PolicyTranslation.objects.create(
        version=PolicyVersion.objects.get(number=number), language=language, title=title, body=body
    )
    return publishing.publish_translation(made, by=None)


def test_a_translation_is_printed_in_its_language_with_its_own_seal(
    client: Client, privacy: Policy
) -> None:
    written = _in("fr", 2, "Confidentialité", "## Un\n\nLe cœur reçoit 5\u202f$.")
    words = words_of(client, 2, "fr")
    assert "Confidentialité" in words
    assert "Le cœur reçoit 5 $." in words
    assert "Ceci est une traduction de la version 2." in words
    assert written.sha256 in words
    assert "/policies/privacy/v2/fr/" in words
    assert "SUPERSEDED" not in words
    _in("fr", 1, "Confidentialité", "Vieux.")
    assert "SUPERSEDED" in words_of(client, 1, "fr")
    html = client.get("/policies/privacy/v2/fr/").content.decode()
    assert 'href="/policies/privacy/v2/fr.pdf"' in html
    assert 'href="/policies/privacy/v2/fr.json"' in html


# Broken once: with encode(..., "replace") the sheet was drawn, with a "?" for each such letter.
def test_a_text_with_letters_that_the_font_lacks_is_refused_and_never_shows_a_question_mark(
    client: Client, privacy: Policy
) -> None:
    _in("pl", 2, "Prywatność", "Zażółć gęślą.")
    answer = client.get("/policies/privacy/v2/pl.pdf")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert "There is no PDF of this text: our PDF font has no “ś”." in html
    assert "Your browser can print the page itself." in html
    page = client.get("/policies/privacy/v2/pl/").content.decode()
    assert "Zażółć gęślą." in page
    assert "pl.pdf" not in page
    assert 'href="/policies/privacy/v2/pl.json"' in page


def test_signs_are_said_otherwise_and_letters_never() -> None:
    assert printable("1 → 2 ≤ 3") == "1 -> 2 <= 3"
    assert can_print("Œuvre à 5 €", "naïve – “so”")
    assert not can_print("fine", "Łódź")
