"""The email about a safety revision: a service email, whatever a customer subscribed to."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from catalog.manuals.models import ManualRevision

_BATCH = 1_000  # rows of one statement


def safety_revision(
    revision: ManualRevision, buyers: Iterable[tuple[str, tuple[str, ...]]]
) -> None:
    """Queue the email to each buyer: email address, and titles of the products they ordered."""
    rows = [
        (email, {"revision": revision.pk, "products": list(products)}) for email, products in buyers
    ]
    for start in range(0, len(rows), _BATCH):
        outbox.add_many(
            "safety-revision",
            subject_id=f"manual-revision:{revision.pk}",
            recipients=rows[start : start + _BATCH],
        )


@renders("safety-revision", urgent=True)
def safety_revision_context(message: Message) -> dict[str, Any]:
    """Return what changed, the products, and the links to the manual."""
    rows = ManualRevision.objects.select_related("manual").defer("body", "text")
    revision = rows.filter(pk=message.data["revision"], manual__is_withdrawn=False).first()
    if revision is None:
        raise NoLongerNeeded("The manual was withdrawn.")
    return context_of(revision, message.data["products"])


def context_of(revision: ManualRevision, products: list[str]) -> dict[str, Any]:
    """Return the context of the templates."""
    manual = revision.manual
    return {
        "title": manual.title,
        "number": revision.number,
        "summary": revision.summary,
        "products": products,
        "manual_url": settings.SITE_URL + manual.get_absolute_url(),
        "pdf_url": settings.SITE_URL + manual.pdf_url(revision),
    }
