"""Publishing a revision, and updating what depends on a manual."""

import hashlib

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.manuals import pdf, pdf_files, search
from catalog.manuals.models import Manual, ManualRevision
from microflight.core import page_cache
from microflight.core.errors import ServiceError
from microflight.core.typst_pdf import CannotPrint
from policies.blocks import to_text


@transaction.atomic
def publish(draft: ManualRevision) -> ManualRevision:
    """Make a draft the current revision: final, with its number, PDF, pages and size.

    Raises ServiceError if it is published already, or its PDF cannot be made.
    """
    manual = Manual.objects.select_for_update().get(pk=draft.manual_id)
    revision = ManualRevision.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if revision.is_published:
        raise ServiceError(_("This revision is published already."))
    newest = manual.revisions.aggregate(newest=Max("number"))["newest"] or 0
    revision.manual, revision.number = manual, newest + 1
    revision.published_at = timezone.now()
    try:
        content = _content(revision)
        facts = pdf_files.read(content)
    except (CannotPrint, pdf_files.InvalidPdf, FileNotFoundError) as error:
        raise ServiceError(_("The PDF cannot be made: %(problem)s") % {"problem": error}) from error
    revision.pages, revision.size = facts.pages, len(content)
    revision.sha256 = hashlib.sha256(content).hexdigest()
    text = to_text(revision.body) if revision.body.strip() else facts.text
    revision.text = text[: pdf_files.MAX_TEXT]
    revision.save()
    manual_changed(manual)
    return revision


def _content(revision: ManualRevision) -> bytes:
    """Return the uploaded PDF, or make and store one from the text."""
    if revision.file:
        with revision.file.open("rb") as file:
            return bytes(file.read())
    content = pdf.render(revision)
    made = pdf_files.stored_file(content)
    revision.file.save(str(made.name), made, save=False)
    return content


def manual_changed(manual: Manual) -> None:
    """Update search and pages after a manual, its products or its revisions changed."""
    search.refresh(manual)
    page_cache.invalidate()
