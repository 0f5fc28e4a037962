"""Returns: what customers send back, with images and events."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q

from checkout.returns.states import COME, OPEN, RETURN, ReturnState
from microflight.core.errors import ServiceError

if TYPE_CHECKING:
    from accounts.users.models import User
    from checkout.order.models import Order
    from checkout.payment.models import Movement


class ReturnQuerySet(models.QuerySet["Return"]):
    def of(self, order: "Order") -> "ReturnQuerySet":
        """Return the returns of one order, the oldest first."""
        return self.filter(order=order).order_by("nth")


class Return(models.Model):
    """Pieces of one order that its customer wants to send back.

    It changes only under its order's lock, and each change is an event.
    """

    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="returns")
    nth = models.PositiveSmallIntegerField("which return of its order", editable=False)
    state = models.CharField(max_length=10, choices=ReturnState.choices, default=ReturnState.ASKED)
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Nobody: whoever held the signed link of the order.",
    )

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("answer_return", "Can approve, refuse and close returns"),
            ("receive_return", "Can mark returns as received, which changes stock"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "nth"], name="one_return_per_number"),
            models.CheckConstraint(
                condition=Q(state__in=ReturnState.values), name="return_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what customer and staff call it, such as R100014-1."""
        return f"R{self.order.number}-{self.nth}"

    def check_refundable(self) -> None:
        """Raise ServiceError unless its goods have been received and not been refunded."""
        self.refresh_from_db()
        if self.state != ReturnState.RECEIVED:
            raise ServiceError(f"A return that is {self.state} cannot be refunded.")

    def move_to(
        self,
        new: str,
        *,
        why: str = "",
        by: "User | None" = None,
        by_customer: bool = False,
        movement: "Movement | None" = None,
    ) -> "ReturnEvent":
        """Change the state of a return whose order the caller has locked; refuse what is not
        allowed. Returns the event that says so."""
        RETURN.check(self.state, new)
        self.state = new
        self.save(update_fields=["state"])
        return self.events.create(
            state=new, why=why, by=by, by_customer=by_customer, movement=movement
        )


class ReturnReason(models.TextChoices):
    """Why a piece comes back; only a change of mind may cost a restocking fee."""

    CHANGED_MIND = "changed-mind", "I changed my mind"
    FAULTY = "faulty", "It does not work"
    DAMAGED = "damaged", "It was damaged in the post"
    WRONG = "wrong", "It is not what I ordered"
    OTHER = "other", "Something else"


class ReturnLineQuerySet(models.QuerySet["ReturnLine"]):
    def not_free(self) -> "ReturnLineQuerySet":
        """Return lines whose pieces are on their way back or have come."""
        return self.filter(parent__state__in=(*OPEN, *COME))


class ReturnLine(models.Model):
    """Some pieces of one order line: what was asked for, and what became of it."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("order.Line", on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField("pieces asked for")
    reason = models.CharField(max_length=12, choices=ReturnReason.choices)
    restocked = models.PositiveIntegerField("pieces back on the shelf", default=0)
    scrapped = models.PositiveIntegerField("pieces not fit for sale", default=0)
    first_piece = models.PositiveIntegerField(
        "the first of its pieces, counted within the order line from 0",
        null=True,
        editable=False,
        help_text="Set at receipt: what the pieces are worth to the cent depends on it.",
    )

    objects = ReturnLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "line"], name="a_line_once_per_return"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="some_pieces_are_returned"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("restocked") + F("scrapped")),
                name="received_within_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"

    @property
    def received(self) -> int:
        """Return how many pieces came."""
        return self.restocked + self.scrapped

    @property
    def held_pieces(self) -> int:
        """Return how many pieces of its order line it keeps from being returned again."""
        if self.parent.state in OPEN:
            return self.quantity
        return self.received if self.parent.state in COME else 0


def private_files() -> Storage:
    """Return the storage that no address leads to."""
    return storages["private"]


class ReturnPicture(models.Model):
    """A picture of what is wrong, drawn anew by us: nothing but what one sees is left in it."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="pictures")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(storage=private_files, upload_to="returns")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.key)


class ReturnEvent(models.Model):
    """One step of a return: who, when, why. Never changed."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="events")
    state = models.CharField(max_length=10, choices=ReturnState.choices)
    why = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_customer = models.BooleanField(default=False)
    movement = models.ForeignKey(
        "payment.Movement", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.state} at {self.at:%Y-%m-%d %H:%M}"
