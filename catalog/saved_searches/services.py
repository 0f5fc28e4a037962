"""Save, confirm, notify, cancel."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.email_addresses import normalize_email
from catalog.saved_searches import emails
from catalog.saved_searches.links import LINKS
from catalog.saved_searches.matches import matching_products
from catalog.saved_searches.models import SavedSearch, SavedSearchMatch
from microflight.core.row_locks import lock_rows

if TYPE_CHECKING:
    from accounts.users.models import User

#: A search that more products match is too wide to be saved: all of them are stored as known.
MOST_MATCHES = 1_000
MOST_PER_EMAIL = 20
#: An unconfirmed search is deleted after this time.
KEEP_UNCONFIRMED: timedelta = 2 * LINKS.confirm_within


@transaction.atomic
def save(
    *, query: str, name: str, email: str, user: "User | None" = None, verified: bool
) -> SavedSearch | None:
    """Save a search; None if the address has too many. Unless the email is `verified`, it must be
    confirmed by a link first. The same search again sends the link again.
    """
    email = normalize_email(email)
    if SavedSearch.objects.filter(email=email).exclude(query=query).count() >= MOST_PER_EMAIL:
        return None
    search, _created = SavedSearch.objects.get_or_create(
        email=email, query=query, defaults={"name": name, "user": user}
    )
    if search.confirmed_at is None:
        if verified:
            _confirm(search)
        else:
            emails.confirm_saved_search(search)
    return search


@transaction.atomic
def confirm(pk: int) -> SavedSearch | None:
    """Confirm the email of a search; None if it is gone. Idempotent."""
    search = SavedSearch.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if search is not None and search.confirmed_at is None:
        _confirm(search)
    return search


def _confirm(search: SavedSearch) -> None:
    """Start to notify: what matches now is known already."""
    search.confirmed_at = timezone.now()
    search.save(update_fields=["confirmed_at"])
    _add_matches(search)


def _add_matches(search: SavedSearch) -> list[int]:
    """Store the products that match; return those that did not before, newest first."""
    known = set(search.matches.values_list("product_id", flat=True))
    found = [pk for pk in matching_products(search.query, MOST_MATCHES) if pk not in known]
    SavedSearchMatch.objects.bulk_create(
        [SavedSearchMatch(search=search, product_id=pk) for pk in found], batch_size=500
    )
    return found


def cancel(pk: int) -> int:
    """Delete a saved search; return how many were deleted, 0 or 1."""
    deleted = SavedSearch.objects.filter(pk=pk).delete()[1]
    return deleted.get(SavedSearch._meta.label, 0)


# --- Jobs ----------------------------------------------------------------------------------------


def notify_all() -> int:
    """Send an email for each saved search with new matches; return how many."""
    searches = SavedSearch.objects.confirmed().order_by("pk")
    return sum(notify(pk) for pk in searches.values_list("pk", flat=True))


@transaction.atomic
def notify(pk: int) -> bool:
    """Write one email about the new matches of a saved search, if there are any.

    The row is locked, so two jobs at once cannot send the same match twice; the email is part of
    the transaction, so a worker that dies has stored both or neither.
    """
    rows = SavedSearch.objects.confirmed().select_for_update(of=("self",))
    search = rows.filter(pk=pk).first()
    found = _add_matches(search) if search else []
    if search and found:
        emails.saved_search(search, found)
    return bool(found)


@transaction.atomic
def delete_unconfirmed() -> int:
    """Delete searches whose address was never confirmed."""
    old = SavedSearch.objects.filter(
        confirmed_at=None, created_at__lt=timezone.now() - KEEP_UNCONFIRMED
    )
    return SavedSearch.objects.filter(pk__in=lock_rows(old)).delete()[0]
