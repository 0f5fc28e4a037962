"""Merging a customer into an account: everything that names the one names the other."""

from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts.staff import audit_log
from accounts.tickets.models import Ticket
from accounts.users.models import User
from catalog.back_in_stock.models import BackInStockRequest
from catalog.saved_searches.models import SavedSearch
from checkout.offers.customers import email_key
from checkout.offers.models import EligibleEmail
from checkout.order.models import OrderNote
from microflight.core.errors import ServiceError
from microflight.customers.models import Customer

#: Rows that belong to an account: model and field. What exists at both stays where it is.
OWNED = (
    ("order.Order", "user"),
    ("address.UserAddress", "user"),
    ("wishlists.WishList", "owner"),
    ("reviews.ProductReview", "user"),
    ("reviews.Question", "user"),
    ("tax.TaxExemption", "user"),
    ("saved_searches.SavedSearch", "user"),
    ("back_in_stock.BackInStockRequest", "user"),
)
#: Rows that belong to an email address.
BY_EMAIL: tuple[type[models.Model], ...] = (
    Ticket, SavedSearch, BackInStockRequest, EligibleEmail,
)  # fmt: skip


def preview(source: Customer) -> list[tuple[str, int]]:
    """Return what a merge moves, as (name, count)."""
    found: list[tuple[str, int]] = []
    for rows in _rows(source):
        if count := rows.count():
            found.append((str(rows.model._meta.verbose_name_plural), count))
    return found


@transaction.atomic
def merge(*, source: Customer, target: User, by: User, reason: str) -> Customer:
    """Move everything of a customer to an account; return the account's customer.

    The source account is closed, and stays for the log. Newsletter consents stay with their email
    address: there is none for the other one. Raises ServiceError for staff accounts.
    """
    pks = sorted(pk for pk in (source.user_id, target.pk) if pk)
    users = list(User.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))
    if any(user.is_staff or user.is_superuser for user in users) or source.user_id == target.pk:
        raise ServiceError(_("Staff accounts can’t be merged."))
    kept, _created = Customer.objects.get_or_create(user=target)
    moved = ", ".join(f"{name}: {count}" for name, count in preview(source))
    _note_orders(source)
    for rows in list(_rows(source)):
        _move(rows, source, target)
    if source.user is not None:
        source.user.is_active = False
        source.user.save(update_fields=["is_active"])
        source.give_notes_and_tags(kept)
    else:
        source.become(kept)
    text = _("Merged %(source)s into this customer (%(moved)s). Reason: %(reason)s")
    values = {"source": source.contact_email, "moved": moved or "–", "reason": reason}
    audit_log.record(by, kept, text % values)
    return kept


def _rows(source: Customer) -> list[Any]:
    """Return a queryset of each table with rows to move."""
    email = source.contact_email.lower()
    by_email = [model._default_manager.filter(email__iexact=email) for model in BY_EMAIL]
    if source.user_id is None:
        return [source.orders(), *by_email]
    owned = [
        apps.get_model(label)._default_manager.filter(**{field: source.user_id})
        for label, field in OWNED
        if apps.get_model(label) not in BY_EMAIL
    ]
    return [*owned, *by_email]


def _move(rows: Any, source: Customer, target: User) -> None:
    """Give rows to the account, one by one: what it has already stays."""
    owner = {each.lower(): field for each, field in OWNED}.get(rows.model._meta.label_lower)
    values: dict[str, Any] = {owner: target} if owner else {}
    if rows.model in BY_EMAIL:
        values["email"] = target.email.lower()
    if rows.model._meta.label == "order.Order":
        values["account_email_key"] = email_key(target.email)
    for pk in list(rows.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                rows.model._default_manager.filter(pk=pk).update(**values)
        except IntegrityError:
            continue


def _note_orders(source: Customer) -> None:
    """Say on each order whose it was."""
    text = _("Merged: was an order of %(email)s.") % {"email": source.contact_email}
    OrderNote.objects.bulk_create(
        OrderNote(order=order, note_type=OrderNote.SYSTEM, message=text)
        for order in source.orders()
    )
