"""Planned refunds, and what each refund pays back."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import Bounds
from microflight.core.money import MAXIMUM_CHARGE


class PlannedRefund(models.Model):
    """A refund that was requested, saved before Stripe is called.

    Stripe stores its key. So whether the response or a webhook reports the refund first, we know
    who requested it, why, and which items it pays back.
    """

    attempt = models.ForeignKey(
        "payment.PaymentAttempt", on_delete=models.PROTECT, related_name="planned_refunds"
    )
    key = models.CharField(max_length=64, unique=True)
    cents = models.PositiveIntegerField()
    shares = models.JSONField(
        default=list, help_text=_("What it pays back: [type, line, component, cents].")
    )
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    for_return = models.ForeignKey(
        "returns.Return",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="planned_refunds",
    )
    refund = models.OneToOneField(
        "payment.Transaction", null=True, blank=True, on_delete=models.PROTECT, related_name="plan"
    )
    answered = models.BooleanField(
        default=False, help_text=_("Staff have seen the result of this request.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [Bounds("cents", 1, MAXIMUM_CHARGE)]

    def __str__(self) -> str:
        return f"{self.key}: {self.cents}"


class AllocationType(models.TextChoices):
    """What a refund is allocated to."""

    ITEMS = "items", _("Items")
    SHIPPING = "shipping", _("Shipping")
    OTHER = "other", _("Other")  # more than the order total, refunded at Stripe


class RefundAllocation(models.Model):
    """What a refund pays back of a line or of shipping: the price before tax, or one tax component.

    The allocations of a refund add up to its amount.
    """

    refund = models.ForeignKey(
        "payment.Transaction", on_delete=models.PROTECT, related_name="allocations"
    )
    type = models.CharField(max_length=8, choices=AllocationType.choices)
    line = models.ForeignKey(
        "order.Line",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refund_allocations",
    )
    component = models.CharField(
        max_length=8, blank=True, help_text=_("GST, HST, PST, QST, or empty for the price.")
    )
    cents = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "line", "component"], name="one_allocation_per_line_component"
            ),
            models.UniqueConstraint(
                fields=["refund", "type", "component"],
                condition=Q(line=None),
                name="one_allocation_per_shipping_component",
            ),
            Bounds("cents", 1, MAXIMUM_CHARGE),
            models.CheckConstraint(
                condition=Q(type=AllocationType.ITEMS, line__isnull=False)
                | Q(~Q(type=AllocationType.ITEMS), line__isnull=True),
                name="item_allocations_have_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.component} {self.cents}"
