"""Orders. An order is saved before it is paid, so that every payment has an order."""

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
    """The sequence of order numbers. A number is never used twice, even if its order fails."""

    def __str__(self) -> str:
        return str(self.pk)


class OrderQuerySet(models.QuerySet["Order"]):
    def placed_by(self, user: "User") -> "OrderQuerySet":
        """Return the orders of an account, paid or not."""
        return self.filter(user=user)

    def live(self) -> "OrderQuerySet":
        """Return orders that reserve stock or payment."""
        return self.filter(status__in=LIVE)

    def open(self) -> "OrderQuerySet":
        """Return placed orders with something left to ship."""
        return self.filter(status__in=(OrderState.PLACED, OrderState.PART_SHIPPED))

    def to_ship(self) -> "OrderQuerySet":
        """Return open orders, not on hold, with at least one unit that can ship now."""
        lines = Line.objects.shippable()
        return self.open().filter(on_hold=False, pk__in=lines.values("order_id"))

    def backordered(self) -> "OrderQuerySet":
        """Return open orders with at least one unit on backorder."""
        return self.open().filter(pk__in=Line.objects.backordered().values("order_id"))


class Order(AbstractOrder):
    """An order. `guest_email` is the contact address of accounts and guests alike."""

    placed_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    on_hold = models.BooleanField(
        _("on hold"), default=False, help_text=_("Do not ship before the shop reopens.")
    )
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("Hash of the quote that the customer saw when paying."),
    )
    early_charge_agreed_at = models.DateTimeField(
        _("agreed to be charged at checkout"), null=True, blank=True, editable=False
    )
    early_charge_text = models.TextField(
        blank=True, editable=False, help_text=_("The exact text that the customer agreed to.")
    )

    objects = OrderQuerySet.as_manager()

    class Meta(AbstractOrder.Meta):
        permissions = [
            ("ship_order", "Can create shipments, which captures the payment"),
            ("cancel_order", "Can cancel an order"),
            ("refund_order", "Can refund an order and capture its payment early"),
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
                name="early_charge_has_its_text",
            ),
        ]

    def move_to(self, new: str) -> None:
        """Change the state of a row that the caller has locked. Raises NotAllowed."""
        ORDER.check(self.status, new)
        self.status_changes.create(old_status=self.status, new_status=new)
        self.status = new
        if new == OrderState.PLACED:
            self.placed_at = timezone.now()
        self.save(update_fields=["status", "placed_at"])


class LineQuerySet(models.QuerySet["Line"]):
    def allocation_queue(self) -> Any:  # mypy does not know annotations by window functions
        """Return lines with allocated stock, oldest order first, so that it is served first.

        `on_hand` is the stock on hand, `cumulative` the units of this and all earlier lines.
        """
        return self.filter(num_allocated__gt=0, stockrecord__isnull=False).annotate(
            on_hand=Coalesce(F("stockrecord__num_in_stock"), 0),
            cumulative=Window(
                Sum("num_allocated"),
                partition_by=["stockrecord_id"],
                order_by=[F("order_id").asc(), F("pk").asc()],
            ),
        )

    def backordered(self) -> "LineQuerySet":
        """Return lines with units that are not on hand."""
        lines: LineQuerySet = self.allocation_queue().filter(cumulative__gt=F("on_hand"))
        return lines

    def shippable(self) -> "LineQuerySet":
        """Return lines with at least one unit that can ship now."""
        queue = self.model.objects.allocation_queue()
        on_hand = queue.filter(cumulative__lt=F("on_hand") + F("num_allocated"))
        remaining = self.filter(status__in=(LineState.ORDERED, LineState.PART_SHIPPED))
        untracked = Q(num_allocated=0) | Q(stockrecord=None)
        return remaining.filter(untracked | Q(pk__in=on_hand.values("pk")))


class Line(AbstractLine):
    """A product in an order. Units that are neither shipped nor cancelled are still to ship."""

    status = models.CharField(
        max_length=32, choices=LineState.choices, default=LineState.ORDERED, editable=False
    )
    cancelled = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Units that will not be shipped.")
    )
    uncharged = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Cancelled units that were never charged."),
    )
    returned = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Units that the customer sent back.")
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
                name="lines_with_allocated_stock",
            )
        ]

    def move_to(self, new: str) -> None:
        """Change the state, if it differs; the caller has locked the order, and saves.

        Raises NotAllowed.
        """
        if self.status != new:
            LINE.check(self.status, new)
            self.status = new


class LineCancellation(models.Model):
    """Units of a line that staff cancelled."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="cancellations")
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField(help_text=_("Their price, tax included."))
    refund = models.ForeignKey(
        "payment.Transaction",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The refund; empty if they were cancelled before capture."),
    )
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cancelled_quantity_positive")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"


class ShippingEvent(AbstractShippingEvent):
    """A shipment: what was shipped, with which carrier and tracking number."""

    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


from oscar.apps.order.models import *  # type: ignore[assignment]  # noqa: E402, F403
