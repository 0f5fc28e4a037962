"""Returns, with their lines, photos and events."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.returns.states import ARRIVED, OPEN, RETURN, ReturnState
from microflight.core.bounds import MAX_UNITS, Bounds
from microflight.core.errors import ServiceError

if TYPE_CHECKING:
    from checkout.payment.models import Transaction


class Return(models.Model):
    """A return of units of one order. Changes only under the order's lock, with an event each."""

    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="returns")
    nth = models.PositiveSmallIntegerField(_("number within the order"), editable=False)
    state = models.CharField(
        max_length=10, choices=ReturnState.choices, default=ReturnState.REQUESTED
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Empty if requested with the order’s link, without an account."),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        permissions = [
            ("answer_return", "Can approve, decline and close returns"),
            ("receive_return", "Can mark returns as received (changes stock)"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "nth"], name="unique_return_number"),
            models.CheckConstraint(
                condition=Q(state__in=ReturnState.values), name="return_state_valid"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return the return number, such as R100014-1."""
        return f"R{self.order.number}-{self.nth}"

    def check_refundable(self) -> None:
        """Raise ServiceError unless it is received and not refunded yet."""
        self.refresh_from_db()
        if self.state != ReturnState.RECEIVED:
            text = _("A return that is %(state)s cannot be refunded.")
            raise ServiceError(text % {"state": self.get_state_display().lower()})

    def move_to(
        self,
        new: str,
        *,
        note: str = "",
        by: User | None = None,
        by_customer: bool = False,
        refund: "Transaction | None" = None,
    ) -> "ReturnEvent":
        """Change the state and return the new event; raise NotAllowed.

        The caller has locked the order.
        """
        RETURN.check(self.state, new)
        self.state = new
        self.save(update_fields=["state"])
        return self.events.create(
            state=new, note=note, by=by, by_customer=by_customer, refund=refund
        )


class ReturnReason(models.TextChoices):
    """Why items are returned; only a change of mind may cost a restocking fee.

    A withdrawal is the right of buyers in some countries, and no reason to choose in the form.
    """

    CHANGED_MIND = "changed-mind", _("Changed my mind")
    FAULTY = "faulty", _("Faulty or does not work")
    DAMAGED = "damaged", _("Damaged in shipping")
    WRONG = "wrong", _("Wrong item")
    OTHER = "other", _("Other")
    WITHDRAWAL = "withdrawal", _("Withdrew from the contract")


class ReturnLineQuerySet(models.QuerySet["ReturnLine"]):
    """Queries of return lines."""

    def with_options(self) -> "ReturnLineQuerySet":
        """Load the order lines, with the options that the shopper chose, in 3 queries."""
        return self.select_related("line__kit").prefetch_related("line__attributes__option")


class ReturnLine(models.Model):
    """Units of one order line: how many were requested, restocked and scrapped."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("order.Line", on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField(_("units requested"))
    reason = models.CharField(max_length=12, choices=ReturnReason.choices)
    restocked = models.PositiveIntegerField(_("units restocked"), default=0)
    scrapped = models.PositiveIntegerField(_("units not restocked"), default=0)
    first_unit = models.PositiveIntegerField(
        _("index of the first unit within the order line"),
        null=True,
        editable=False,
        help_text=_("Set at receipt. The exact refund, to the cent, depends on it."),
    )

    objects = ReturnLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "line"], name="unique_line_per_return"),
            Bounds("quantity", 1, MAX_UNITS),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("restocked") + F("scrapped")),
                name="received_within_requested",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"

    @property
    def received(self) -> int:
        """Return how many units arrived."""
        return self.restocked + self.scrapped

    @property
    def held_quantity(self) -> int:
        """Return how many units of its order line cannot be returned again."""
        if self.parent.state in OPEN:
            return self.quantity
        return self.received if self.parent.state in ARRIVED else 0


def private_files() -> Storage:
    """Return the storage for files without a public URL."""
    return storages["private"]


class ReturnPhoto(models.Model):
    """A customer's photo, re-encoded without metadata."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="photos")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(storage=private_files, upload_to="returns")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.key)


class ReturnEvent(models.Model):
    """A change of state: who, when, and a note. Never changed."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="events")
    state = models.CharField(max_length=10, choices=ReturnState.choices)
    note = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_customer = models.BooleanField(default=False)
    refund = models.ForeignKey(
        "payment.Transaction", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.state} at {self.at:%Y-%m-%d %H:%M}"
