"""Safety notices: the email about a safety revision to everyone who ordered its products.

Orders are in a package above: its receiver of `buyers_requested` knows who ordered what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.email_addresses import normalize_email
from catalog.manuals import emails
from catalog.manuals.models import ManualRevision
from catalog.models import Product
from microflight.core.errors import ServiceError

#: Asks who ordered some products. Sender: Product; argument: `products` (IDs, with variants).
#: Receivers return pairs of an email address and the title of the product as ordered.
buyers_requested = Signal()


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer with or without an account, and the titles of what they ordered."""

    email: str
    products: tuple[str, ...]


def buyers_of(revision: ManualRevision) -> list[Buyer]:
    """Return everyone who ordered a product of a manual, each email address once."""
    manual = revision.manual
    wanted = Product.objects.filter(Q(manuals=manual) | Q(parent__manuals=manual))
    products = sorted(set(wanted.values_list("pk", flat=True)))
    found: dict[str, dict[str, None]] = {}
    for _receiver, pairs in buyers_requested.send(sender=Product, products=products):
        for email, title in cast(Iterable[tuple[str, str]], pairs):
            if email:
                found.setdefault(normalize_email(email), {})[title] = None
    return [Buyer(email, tuple(titles)) for email, titles in sorted(found.items())]


@transaction.atomic
def notify(revision: ManualRevision, *, expected: int) -> int:
    """Email all buyers about a safety revision, once; return how many.

    `expected` is the number that staff confirmed. Raises ServiceError if it has changed, if the
    revision is not the current one or not about safety, or if buyers were notified already.
    """
    row = ManualRevision.objects.select_for_update(of=("self",)).get(pk=revision.pk)
    if not can_notify(row):
        raise ServiceError(_("Buyers cannot be notified of this revision, or they were already."))
    buyers = buyers_of(row)
    if len(buyers) != expected:
        raise ServiceError(
            ngettext(
                "It is now %(count)d customer. Open this page again to confirm.",
                "It is now %(count)d customers. Open this page again to confirm.",
                len(buyers),
            )
            % {"count": len(buyers)}
        )
    emails.safety_revision(row, [(buyer.email, buyer.products) for buyer in buyers])
    row.notified_at, row.notified_count = timezone.now(), len(buyers)
    row.save(update_fields=["notified_at", "notified_count"])
    return len(buyers)


def can_notify(revision: ManualRevision) -> bool:
    """Return whether it is the current revision, about safety, and no buyer was notified yet."""
    if not revision.is_safety or not revision.is_published or revision.notified_at:
        return False
    manual = revision.manual
    newest = manual.revisions.published().order_by("-number").first()
    return newest == revision and not manual.is_withdrawn
