"""Planned refunds, and what each refund pays back."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class PlannedRefund(models.Model):
    """A refund that staff want, written down before Stripe is asked.

    Stripe keeps its key. So whoever hears of the money first, the desk or a webhook, knows whose
    wish it was, what for, and which pieces it pays for.
    """

    attempt = models.ForeignKey(
        "payment.PaymentAttempt", on_delete=models.PROTECT, related_name="planned_refunds"
    )
    key = models.CharField(max_length=64, unique=True)
    cents = models.PositiveIntegerField()
    wanted = models.JSONField(
        default=list, help_text="What it pays back: [what, line, component, cents]."
    )
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    parent = models.ForeignKey(
        "returns.Return",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="planned_refunds",
    )
    movement = models.OneToOneField(
        "payment.Movement", null=True, blank=True, on_delete=models.PROTECT, related_name="plan"
    )
    answered = models.BooleanField(
        default=False, help_text="Whoever asked was told what became of it."
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.key}: {self.cents}"


class PartKind(models.TextChoices):
    """What a part of a refund pays back."""

    GOODS = "goods", "goods"
    DELIVERY = "delivery", "delivery"
    OTHER = "other", "more than the bill has"  # Stripe gave back what no row of the order explains


class RefundPart(models.Model):
    """What one refund pays back of one order line or of delivery: its price before tax (no
    component), or one component of its tax. The parts of a movement add up to it."""

    movement = models.ForeignKey("payment.Movement", on_delete=models.PROTECT, related_name="parts")
    kind = models.CharField(max_length=8, choices=PartKind.choices)
    line = models.ForeignKey(
        "order.Line", null=True, blank=True, on_delete=models.PROTECT, related_name="refund_parts"
    )
    component = models.CharField(max_length=8, blank=True, help_text="GST, HST, PST, QST, or none.")
    cents = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["movement", "line", "component"], name="one_part_per_line_and_component"
            ),
            models.UniqueConstraint(
                fields=["movement", "kind", "component"],
                condition=Q(line=None),
                name="one_part_of_delivery_per_component",
            ),
            models.CheckConstraint(condition=Q(cents__gt=0), name="a_part_is_worth_something"),
            models.CheckConstraint(
                condition=Q(kind=PartKind.GOODS, line__isnull=False)
                | Q(~Q(kind=PartKind.GOODS), line__isnull=True),
                name="goods_have_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.component} {self.cents}"
