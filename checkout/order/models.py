"""Orders: written before they are paid, so that money never arrives without one."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from oscar.apps.order.abstract_models import AbstractOrder, AbstractShippingEvent

from checkout.order.states import LIVE, OrderState, check_move

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


class Order(AbstractOrder):
    """A promise to ship. `guest_email` holds the contact address of accounts and guests alike."""

    placed_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    held = models.BooleanField(default=False, help_text="Waits for the shop to reopen.")
    fingerprint = models.CharField(
        max_length=64, blank=True, editable=False, help_text="What the shopper saw when paying."
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
        ]

    def move_to(self, new: str) -> None:
        """Change the state of a row that the caller has locked; refuse what is not allowed."""
        check_move(self.status, new)
        self.status_changes.create(old_status=self.status, new_status=new)
        self.status = new
        if new == OrderState.PLACED:
            self.placed_at = timezone.now()
        self.save(update_fields=["status", "placed_at"])


class ShippingEvent(AbstractShippingEvent):
    """A parcel: which lines left, with whom, under which number."""

    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


from oscar.apps.order.models import *  # type: ignore[assignment]  # noqa: E402, F403
