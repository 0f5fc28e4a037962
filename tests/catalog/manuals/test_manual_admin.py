"""The admin of manuals: drafts, publishing, uploads, withdrawal, deletion."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.manuals.models import Manual, ManualRevision, private_files
from catalog.search_index.models import SearchDocument
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.catalog.manuals.manuals import draft, published
from tests.pdf_files import blank_pdf as pdf

pytestmark = pytest.mark.django_db
ADD = "/admin/manuals/manualrevision/add/"


def change(row: Any) -> str:
    return reverse(f"admin:manuals_{row._meta.model_name}_change", args=[row.pk])


def stored_files() -> list[str]:
    storage = private_files()
    return sorted(storage.listdir("manuals")[1]) if storage.exists("manuals") else []


def add(staff: Client, **fields: Any) -> str:
    """Submit a draft; return the page that follows."""
    return staff.post(ADD, fields, follow=True).content.decode()


def test_uploaded_pdf_is_published_as_it_is(staff: Client, client: Client) -> None:
    manual = Manual.objects.create(title="Old car", slug="old-car")
    upload = SimpleUploadedFile("scan.pdf", pdf(pages=2))
    page = add(staff, manual=manual.pk, body="", summary="", file=upload)
    assert "Publish" in page
    revision = ManualRevision.objects.get()
    publish = reverse("admin:manuals_manualrevision_action", args=[revision.pk, "publish"])
    assert "Revision 1 is published." in staff.post(publish, follow=True).content.decode()
    revision.refresh_from_db()
    assert (revision.number, revision.pages, revision.size) == (1, 2, len(pdf(pages=2)))
    assert b"".join(client.get("/manuals/old-car/1.pdf").streaming_content) == pdf(pages=2)
    assert "available as PDF only" in client.get("/manuals/old-car/").content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"body": " "}, "Enter a text, or upload a PDF."),
        ({"body": "x", "is_safety": "on"}, "Say what changed: buyers read it."),
        ({"file": SimpleUploadedFile("a.pdf", b"GIF89a")}, "This is not a PDF file."),
    ],
)
def test_incomplete_draft_is_rejected(staff: Client, fields: dict[str, Any], message: str) -> None:
    manual = Manual.objects.create(title="Old car", slug="old-car")
    given = {"manual": manual.pk, "body": "", "summary": "", **fields}
    assert message in add(staff, **given)
    assert not ManualRevision.objects.exists()


def test_published_revision_cannot_be_changed_or_deleted(staff: Client) -> None:
    revision = published()
    assert 'name="body"' not in staff.get(change(revision)).content.decode()
    staff.post(change(revision), {"manual": revision.manual_id, "body": "Other", "summary": ""})
    delete = reverse("admin:manuals_manualrevision_delete", args=[revision.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert ManualRevision.objects.get(pk=revision.pk).body.startswith("## Charging")


def test_manual_with_revisions_is_kept(staff: Client) -> None:
    manual = draft().manual
    delete = reverse("admin:manuals_manual_delete", args=[manual.pk])
    page = staff.post(delete, {"post": "yes"}).content.decode()
    assert "1 manual revision: Mayfly manual, draft" in page
    assert "Mark the manual as withdrawn instead." in page
    assert Manual.objects.exists()


def test_withdrawal_removes_it_from_search(staff: Client) -> None:
    manual = published().manual
    documents = SearchDocument.objects.filter(type="manual")
    assert [one.key for one in documents] == [str(manual.pk)]
    staff.post(change(manual), {**open_form(staff, change(manual)), "is_withdrawn": "on"})
    manual.refresh_from_db()
    assert manual.is_withdrawn
    assert not documents.all().exists()


def test_deleted_product_leaves_its_manual(staff: Client) -> None:
    product = factories.product("Mayfly")
    manual = published("Mayfly manual", product).manual
    delete = reverse("admin:catalogue_product_delete", args=[product.pk])
    staff.post(delete, {"post": "yes"})
    assert list(manual.products.all()) == []
    assert Manual.objects.exists()


def test_database_rejects_a_published_revision_without_a_pdf() -> None:
    revision = published()
    rows = ManualRevision.objects.filter(pk=revision.pk)
    for changes in ({"file": ""}, {"pages": None}, {"number": 0}, {"sha256": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**changes)


def test_draft_is_previewed_with_an_upload_that_is_not_kept(staff: Client) -> None:
    revision, before = draft(body="Old text."), stored_files()
    form = open_form(staff, change(revision)) | {
        "body": "New **text**.", "file": SimpleUploadedFile("unsaved.pdf", pdf()), "_preview": "1",
    }  # fmt: skip
    page = staff.post(change(revision), form).content.decode()
    assert "<p>New <strong>text</strong>.</p>" in page
    assert "Revision 1" in page
    revision.refresh_from_db()
    assert (revision.body, revision.published_at, revision.file.name) == ("Old text.", None, "")
    assert stored_files() == before
