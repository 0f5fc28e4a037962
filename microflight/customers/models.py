"""Customers: a row for each account, and for each email address that guests ordered with."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.tags import TagsField


class CustomerQuerySet(models.QuerySet["Customer"]):
    def without_staff(self) -> "CustomerQuerySet":
        """Return the customers of which no account is a staff member's."""
        return self.exclude(user__is_staff=True)

    def add_missing(self: Any) -> None:
        """Add rows of new accounts and guests: a job does it every minute, so that no shopper waits
        for it. A guest who verified the address as an account becomes one."""
        users = User.objects.filter(customer=None, is_staff=False)
        self.bulk_create(
            [Customer(user_id=pk) for pk in users.values_list("pk", flat=True)],
            ignore_conflicts=True,
        )
        known = self.filter(user=None).values("email")
        emails = guest_orders().exclude(lower_email__in=known).values_list("lower_email", flat=True)
        self.bulk_create(
            [Customer(email=each) for each in emails.distinct()], ignore_conflicts=True
        )
        verified = Q(emailaddress__verified=True)
        for guest in self.filter(user=None, email__in=_verified_emails()):
            account = User.objects.filter(verified, emailaddress__email=guest.email).first()
            if account is not None and (known_as := self.filter(user=account).first()):
                guest.become(known_as)


class Customer(models.Model):
    """A person for staff: an account, or else a guest by email address, in lower case."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.CASCADE
    )
    email = models.EmailField(_("email"), blank=True, editable=False, help_text=_("Of a guest."))
    tags = TagsField()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("merge_customer", "Can merge two customers, which cannot be undone"),
            ("login_as_customer", "Can see the shop as a customer, read-only"),
            ("export_customer", "Can export all customers with names and emails"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=Q(user=None), name="one_customer_per_guest"
            ),
            models.CheckConstraint(
                condition=Q(user=None) & ~Q(email="") | Q(user__isnull=False, email=""),
                name="customer_is_account_or_guest",
            ),
        ]

    def __str__(self) -> str:
        return self.contact_email

    @property
    def contact_email(self) -> str:
        """Return the email address of the account or guest."""
        return str(self.user.email) if self.user else self.email

    @property
    def number(self) -> str:
        """Return what the page's breadcrumb shows."""
        return self.contact_email

    def orders(self) -> QuerySet[Order]:
        """Return the orders of this person, newest first; not what staff are still preparing."""
        if self.user_id:
            found = Order.objects.filter(user=self.user_id).exclude(status=OrderState.DRAFT)
        else:
            found = guest_orders().filter(lower_email=self.email)
        return found.order_by("-pk")

    @transaction.atomic
    def become(self, other: "Customer") -> None:
        """Move notes and tags to another row of the same person, and delete this one."""
        self.give_notes_and_tags(other)
        self.delete()

    def give_notes_and_tags(self, other: "Customer") -> None:
        """Move the notes to another row of the same person, and copy the tags."""
        self.notes.update(customer=other)
        tags = {*self.tags.split(","), *other.tags.split(",")} - {""}
        other.tags = f",{','.join(sorted(tags)[:20])}," if tags else ""
        other.save(update_fields=["tags"])


class CustomerNote(models.Model):
    """A note of staff about a customer. Only staff read it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(_("note"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.text[:60]


def guest_orders() -> Any:
    """Return the orders without an account, with their email in lower case as `lower_email`."""
    orders = Order.objects.filter(user=None).exclude(guest_email="")
    orders = orders.exclude(status=OrderState.DRAFT)
    return orders.annotate(lower_email=Lower("guest_email"))


def _verified_emails() -> Any:
    return User.objects.filter(emailaddress__verified=True).values("emailaddress__email")
