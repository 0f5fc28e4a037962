"""A policy version as PDF: tagged, with a watermark unless it is in force."""

import logging
from io import BytesIO

import pytest
from django.conf import settings
from django.test import Client
from pypdf import PdfReader

from policies import workflow
from policies.models import Policy, PolicyTranslation, PolicyVersion
from policies.pdf import WATERMARKS
from policies.states import Stage
from tests.pdf_files import tags

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_may")]


def read_pdf(client: Client, number: int, language: str = "") -> PdfReader:
    name = f"v{number}/{language}" if language else f"v{number}"
    response = client.get(f"/policies/privacy/{name}.pdf")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    filename = f"privacy-{name.replace('/', '-')}.pdf"
    assert response["Content-Disposition"] == f'inline; filename="{filename}"'
    return PdfReader(BytesIO(response.content))


def text_of(client: Client, number: int, language: str = "") -> str:
    """Return the text of all pages on one line."""
    pages = read_pdf(client, number, language).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def publish_body(policy: Policy, body: str) -> PolicyVersion:
    """Publish a version that replaces the one in force at once."""
    return workflow.adopt(policy, body)


@pytest.mark.parametrize(
    ("number", "state"), [(1, Stage.SUPERSEDED), (2, Stage.PUBLISHED), (3, Stage.SCHEDULED)]
)
def test_pdf_has_watermark_unless_in_force(
    client: Client, privacy: Policy, number: int, state: Stage
) -> None:
    text = text_of(client, number)
    for each, watermark in WATERMARKS.items():
        assert (str(watermark) in text) == (each == state)
    status = [
        "Version 1. In force from August 23, 2017 to May 1, 2026; superseded by version 2.",
        "Version 2. In force since May 1, 2026.",
        "Version 3. Not yet in force: effective June 1, 2026.",
    ]
    assert status[number - 1] in text
    assert ["Old words.", "Present words.", "Future words."][number - 1] in text
    assert PolicyVersion.objects.get(number=number).sha256 in text
    assert f"/policies/privacy/v{number}/ " in text


# Mutation: with only the body in the cache key, the PDF kept the old title.
def test_new_title_is_in_the_pdf_at_once(client: Client, privacy: Policy) -> None:
    assert "Your data" not in text_of(client, 2)
    privacy.title = "Your data"
    privacy.save()
    assert "Your data" in text_of(client, 2)


# Mutation: without `pdf_standards` the file did not declare PDF/UA.
def test_pdf_is_tagged_with_title_and_language(client: Client, privacy: Policy) -> None:
    publish_body(
        privacy,
        "## Sent\n\n- one\n- [two](/policies/)\n\n1. three\n\n"
        "| Cookie | Use |\n| --- | --- |\n| basket | **cart** |\n",
    )
    root = read_pdf(client, 4).trailer["/Root"]
    assert root["/Lang"] == "en-CA"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    item = ["/LI", "/Lbl", "/LBody"]
    assert tags(root["/StructTreeRoot"]) == [
        "/Document", "/Title", "/P", "/H1",
        "/L", *item, *item, "/Link", "/Span", "/L", *item,
        "/Table", "/THead", "/TR", "/TH", "/TH", "/TBody", "/TR", "/TD", "/TD", "/Strong",
    ]  # fmt: skip
    pdf = read_pdf(client, 4)
    assert (pdf.metadata.title, pdf.metadata.author) == ("Privacy", "Plantraco Ltd.")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()


def test_links_are_absolute(client: Client, privacy: Policy) -> None:
    publish_body(privacy, "[a](/policies/) [b](#part) [c](mailto:sales@plantraco.com) [d]()")
    annotations = read_pdf(client, 4).pages[0]["/Annots"]
    page = "http://testserver/policies/privacy/v4/"
    assert [each.get_object()["/A"]["/URI"].replace(settings.SITE_URL, "http://testserver")
            for each in annotations] == [
        "http://testserver/policies/", page + "#part", "mailto:sales@plantraco.com", page,
    ]  # fmt: skip


# Mutation: with `eval(node.text, mode: "markup")` in the template, it ran as Typst code.
def test_typst_markup_in_a_policy_is_printed_as_text(client: Client, privacy: Policy) -> None:
    publish_body(privacy, '## #let x = 1\n\n#panic("now") $x^2$ @ref "a" -- = y // `#read("/x")`')
    text = text_of(client, 4)
    assert "#let x = 1" in text
    assert '#panic("now") $x^2$ @ref "a" -- = y // #read("/x")' in text


@pytest.mark.parametrize(
    "body",
    [
        "#### Deep first\n\n## Then shallow\n\n#### Skipped a level",
        "## \n\nx\n\n# [](/a)\n\n### ![logo](x.png)",
        "|  |\n| - |\n\n-\n\n> \n\n***\n\n```\n```",
        "0. zero\n\n   - nested\n\n     > quoted",
        "> " * 15 + "x",
    ],
    ids=["heading levels", "empty headings", "empty blocks", "nested lists", "nested quotes"],
)
def test_unusual_markdown_has_a_pdf(client: Client, privacy: Policy, body: str) -> None:
    publish_body(privacy, body)
    assert len(read_pdf(client, 4).pages) == 1


def test_too_deeply_nested_body_gets_a_message(
    client: Client, privacy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    publish_body(privacy, "*" * 500 + "x" + "*" * 500)
    with caplog.at_level(logging.ERROR):
        response = client.get("/policies/privacy/v4.pdf")
    assert response.status_code == 404
    message = "There is no PDF of this version: its layout is too complex."
    assert message in response.content.decode()
    assert [record.name for record in caplog.records] == ["microflight.core.typst_pdf"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("privacy/v4.pdf", "This policy has no version 4."),
        ("privacy/v1/fr.pdf", "This policy is not available in français."),
        ("privacy/v4/fr.pdf", "This policy has no version 4."),
        ("nothing/v1.pdf", "There is no such policy."),
    ],
)
def test_unknown_pdf_gets_404_with_links(
    client: Client, privacy: Policy, path: str, message: str
) -> None:
    response = client.get(f"/policies/{path}")
    assert response.status_code == 404
    html = response.content.decode()
    assert message in html
    assert '<li><a href="/policies/">All policies</a></li>' in html


def translate(language: str, number: int, title: str, body: str) -> PolicyTranslation:
    version = PolicyVersion.objects.get(number=number)
    translation = PolicyTranslation.objects.create(
        version=version, language=language, title=title, body=body
    )
    return workflow.publish_translation(translation, user=None)


def test_translation_has_a_pdf_in_its_language(client: Client, privacy: Policy) -> None:
    translation = translate("fr", 2, "Confidentialité", "## Un\n\nLe cœur reçoit 5\u202f$.")
    text = text_of(client, 2, "fr")
    assert "Confidentialité" in text
    assert "Le cœur reçoit 5 $." in text
    assert "Ceci est une traduction de la version 2." in text
    assert translation.sha256 in text
    assert "/policies/privacy/v2/fr/" in text
    assert "SUPERSEDED" not in text
    assert read_pdf(client, 2, "fr").trailer["/Root"]["/Lang"] == "fr"
    translate("fr", 1, "Confidentialité", "Vieux.")
    assert "SUPERSEDED" in text_of(client, 1, "fr")
    html = client.get("/policies/privacy/v2/fr/").content.decode()
    assert 'href="/policies/privacy/v2/fr.pdf"' in html
    assert 'href="/policies/privacy/v2/fr.json"' in html


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("pl", "Zażółć gęślą jaźń."),
        ("el", "Καλημέρα."),
        ("uk", "Доброго ранку."),
        ("vi", "Chào buổi sáng."),
        ("hy", "Բարի լույս։"),
    ],
)
def test_other_scripts_are_printed(
    client: Client, privacy: Policy, language: str, body: str
) -> None:
    translate(language, 2, "Privacy", body)
    assert body in text_of(client, 2, language)
    assert read_pdf(client, 2, language).trailer["/Root"]["/Lang"] == language


def test_character_missing_from_all_fonts_gets_a_message(client: Client, privacy: Policy) -> None:
    translate("tlh", 2, "Klingon", "nuqneH \U0010fffd")  # private use: in no font
    response = client.get("/policies/privacy/v2/tlh.pdf")
    assert response.status_code == 404
    html = response.content.decode()
    assert "There is no PDF of this version: our PDF fonts have no character “\\u{10fffd}”." in html
    assert "Print the page from your browser." in html
