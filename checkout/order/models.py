"""Orders: written before they are paid, so that money never arrives without one."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum, Window
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder, AbstractShippingEvent

from checkout.order.states import LINE, LIVE, ORDER, LineState, OrderState

if TYPE_CHECKING:
    from accounts.users.models import User


class OrderNumber(models.Model):
    """The sequence that order numbers come from; a row is used once, also when its order fails."""

    def __str__(self) -> str:
        return str(self.pk)


class OrderQuerySet(models.QuerySet["Order"]):
    def placed_by(self, user: "User") -> "OrderQuerySet":
        """Return the orders of an account that were paid for or tried."""
        return self.filter(user=user)

    def live(self) -> "OrderQuerySet":
        """Return orders that hold stock or money."""
        return self.filter(status__in=LIVE)

    def open(self) -> "OrderQuerySet":
        """Return orders that are paid for and have something left to ship."""
        return self.filter(status__in=(OrderState.PLACED, OrderState.PART_SHIPPED))

    def to_ship(self) -> "OrderQuerySet":
        """Return open orders of which at least one piece can leave now."""
        lines = Line.objects.can_leave()
        return self.open().filter(held=False, pk__in=lines.values("order_id"))

    def waiting_for_stock(self) -> "OrderQuerySet":
        """Return open orders of which at least one piece is not on the shelf."""
        return self.open().filter(pk__in=Line.objects.waiting().values("order_id"))


class Order(AbstractOrder):
    """A promise to ship. `guest_email` holds the contact address of accounts and guests alike."""

    placed_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    held = models.BooleanField(default=False, help_text="Waits for the shop to reopen.")
    fingerprint = models.CharField(
        max_length=64, blank=True, editable=False, help_text="What the shopper saw when paying."
    )

    early_charge_agreed_at = models.DateTimeField(
        _("agreed to be charged at checkout"), null=True, blank=True, editable=False
    )
    early_charge_text = models.TextField(
        blank=True, editable=False, help_text=_("The exact words that the customer agreed to.")
    )

    objects = OrderQuerySet.as_manager()

    class Meta(AbstractOrder.Meta):
        permissions = [
            ("ship_order", "Can ship parcels of an order, which takes the money"),
            ("cancel_order", "Can cancel an order"),
            ("refund_order", "Can refund an order"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["basket"], condition=Q(status__in=LIVE), name="one_live_order_per_basket"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderState.values), name="order_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(early_charge_agreed_at=None, early_charge_text="")
                | Q(early_charge_agreed_at__isnull=False) & ~Q(early_charge_text=""),
                name="early_charge_has_its_words",
            ),
        ]

    def move_to(self, new: str) -> None:
        """Change the state of a row that the caller has locked; refuse what is not allowed."""
        ORDER.check(self.status, new)
        self.status_changes.create(old_status=self.status, new_status=new)
        self.status = new
        if new == OrderState.PLACED:
            self.placed_at = timezone.now()
        self.save(update_fields=["status", "placed_at"])


class LineQuerySet(models.QuerySet["Line"]):
    def queued(self) -> Any:  # mypy knows no columns that a window adds
        """Return lines that hold pieces of counted stock, each with `shelf` (what its stock
        record has there) and `upto` (pieces of this line and of those before it).

        The oldest order comes first, so that a delivery serves whoever has waited longest.
        """
        return self.filter(num_allocated__gt=0, stockrecord__isnull=False).annotate(
            shelf=Coalesce(F("stockrecord__num_in_stock"), 0),
            upto=Window(
                Sum("num_allocated"),
                partition_by=["stockrecord_id"],
                order_by=[F("order_id").asc(), F("pk").asc()],
            ),
        )

    def waiting(self) -> "LineQuerySet":
        """Return lines of which pieces wait until stock comes in."""
        waiting: LineQuerySet = self.queued().filter(upto__gt=F("shelf"))
        return waiting

    def can_leave(self) -> "LineQuerySet":
        """Return lines of which pieces are left to ship and at hand."""
        at_hand = self.model.objects.queued().filter(upto__lt=F("shelf") + F("num_allocated"))
        left = self.filter(status__in=(LineState.ORDERED, LineState.PART_SHIPPED))
        uncounted = Q(num_allocated=0) | Q(stockrecord=None)
        return left.filter(uncounted | Q(pk__in=at_hand.values("pk")))


class Line(AbstractLine):
    """Some pieces of one product in an order. What is neither shipped nor cancelled is owed."""

    status = models.CharField(
        max_length=32, choices=LineState.choices, default=LineState.ORDERED, editable=False
    )
    cancelled = models.PositiveIntegerField(
        default=0, editable=False, help_text="Pieces that will never be sent."
    )
    uncharged = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Pieces of these that were cancelled before the payment was taken.",
    )
    returned = models.PositiveIntegerField(
        default=0, editable=False, help_text="Pieces that came back from the customer."
    )

    objects = LineQuerySet.as_manager()

    class Meta(AbstractLine.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=LineState.values), name="line_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("cancelled") + F("returned")),
                name="cancelled_and_returned_within_ordered",
            ),
            models.CheckConstraint(
                condition=Q(cancelled__gte=F("uncharged")), name="uncharged_within_cancelled"
            ),
        ]
        indexes = [
            models.Index(
                fields=["stockrecord", "order"],
                condition=Q(num_allocated__gt=0),
                name="lines_that_hold_stock",
            )
        ]

    def move_to(self, new: str) -> None:
        """Change the state of a line whose order the caller has locked; the caller saves.

        Where it is there already, nothing happens. Raises NotAllowed.
        """
        if self.status != new:
            LINE.check(self.status, new)
            self.status = new


class CancelledPieces(models.Model):
    """Pieces of a line that staff gave up: how many, for how much, by whom and why."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="cancellations")
    pieces = models.PositiveIntegerField()
    cents = models.PositiveIntegerField(help_text="What they cost, tax included.")
    movement = models.ForeignKey(
        "payment.Movement",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The refund; none where the payment had not been taken.",
    )
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(pieces__gt=0), name="some_pieces_are_cancelled")
        ]

    def __str__(self) -> str:
        return f"{self.pieces} of line {self.line_id}"


class ShippingEvent(AbstractShippingEvent):
    """A parcel: which lines left, with whom, under which number."""

    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


from oscar.apps.order.models import *  # type: ignore[assignment]  # noqa: E402, F403
