"""Payment records. Oscar's Source and Transaction are not used: they update without a lock."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from checkout.payment.states import ATTEMPT, AttemptState, PaymentMethod
from microflight.core.bounds import Bounds
from microflight.core.money import MAXIMUM_CHARGE

__all__ = [
    "AttemptState",
    "OfflinePayment",
    "PaymentAlert",
    "PaymentMethod",
    "Transaction",
    "TransactionType",
    "PaymentAttempt",
    "StripeEvent",
]


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    """Payment attempts of one or many orders."""

    def current(self) -> "PaymentAttemptQuerySet":
        """Exclude attempts that another one of the same order has replaced."""
        later = PaymentAttempt.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def fully_refunded(self) -> "PaymentAttemptQuerySet":
        """Return captured payments of which nothing is left."""
        captured = self.filter(state=AttemptState.CAPTURED, captured_cents__gt=0)
        return captured.filter(refunded_cents__gte=F("captured_cents"))


class PaymentAttempt(models.Model):
    """An order's PaymentIntent at Stripe, which accepts cards until Stripe's limit of tries.

    Then another attempt replaces it. The database allows only one attempt per order that is not
    cancelled, so that two can never both be charged.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="attempts")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="CAD")
    state = models.CharField(max_length=12, choices=AttemptState.choices, default=AttemptState.OPEN)
    method = models.CharField(
        max_length=13, choices=PaymentMethod.choices, default=PaymentMethod.CARD
    )
    intent_id = models.CharField(max_length=64, null=True, unique=True, editable=False)
    waived_cents = models.PositiveIntegerField(
        default=0,
        help_text=_("Not to be captured: units cancelled before the capture, a lower total."),
    )
    edited_cents = models.IntegerField(
        default=0,
        editable=False,
        help_text=_("How much staff changed the order's total after it was authorized."),
    )
    captured_cents = models.PositiveIntegerField(default=0)
    refunded_cents = models.PositiveIntegerField(default=0)
    authorized_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_error = models.CharField(max_length=255, blank=True)
    disputed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When Stripe rejected a refund because of a dispute; empty if we won it."),
    )
    unanswered = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text=_("Cards without an answer from Stripe, which may have been charged."),
    )

    objects = PaymentAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            Bounds("amount_cents", 0, MAXIMUM_CHARGE),
            Bounds("edited_cents", -MAXIMUM_CHARGE, MAXIMUM_CHARGE),
            models.UniqueConstraint(
                fields=["order"],
                condition=~Q(state=AttemptState.CANCELLED),
                name="one_live_attempt_per_order",
            ),
            models.CheckConstraint(
                condition=Q(method=PaymentMethod.CARD) | Q(intent_id=None),
                name="only_cards_have_an_intent",
            ),
            models.CheckConstraint(
                condition=Q(captured_cents__lte=models.F("amount_cents")),
                name="captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(waived_cents__lte=models.F("amount_cents")),
                name="waived_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded_cents__lte=models.F("captured_cents")),
                name="refunded_within_captured",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} ({self.state})"

    @property
    def due_cents(self) -> int:
        """Return the cents to capture: less than authorized if units were cancelled."""
        return self.amount_cents - self.waived_cents

    @property
    def is_offline(self) -> bool:
        """Tell whether staff recorded it: refunds are paid by hand, too."""
        return self.method != PaymentMethod.CARD

    def move_to(self, new: str) -> None:
        """Change the state, or raise NotAllowed. The caller has locked the order, and saves."""
        if self.state != new:
            ATTEMPT.check(self.state, new)
            self.state = new

    @property
    def is_fully_refunded(self) -> bool:
        """Tell whether it was captured and nothing of it is left."""
        is_captured = self.state == AttemptState.CAPTURED and self.captured_cents > 0
        return is_captured and self.refunded_cents >= self.captured_cents

    def is_replaced(self) -> bool:
        """Tell whether the order has a later attempt."""
        return PaymentAttempt.objects.filter(order=self.order_id, pk__gt=self.pk).exists()

    def replace(self) -> "PaymentAttempt":
        """Create the order's next attempt with the same amount and deadline.

        The caller has locked the order, and knows that this attempt can never be charged.
        """
        return PaymentAttempt.objects.create(
            order_id=self.order_id,
            amount_cents=self.amount_cents,
            currency=self.currency,
            waived_cents=self.waived_cents,
            expires_at=self.expires_at,
            last_error=self.last_error,
        )

    def cancel_unsent(self) -> bool:
        """Cancel and save an attempt that never reached Stripe.

        Return False, without a change, if its intent is stored just now: `pay` does not lock.
        """
        unsent = PaymentAttempt.objects.filter(pk=self.pk, intent_id=None)
        if not unsent.update(state=AttemptState.CANCELLED):
            return False
        self.move_to(AttemptState.CANCELLED)
        return True


class OfflinePayment(models.Model):
    """A cheque, a money order, cash or a bank transfer, as staff received it.

    Cash is rounded to 5 cents: `rounding_cents` is what was received above or below the total.
    """

    attempt = models.OneToOneField(PaymentAttempt, on_delete=models.PROTECT, related_name="offline")
    reference = models.CharField(
        max_length=64, blank=True, help_text=_("Number of the cheque, money order or transfer.")
    )
    received_on = models.DateField()
    rounding_cents = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [Bounds("rounding_cents", -2, 2)]

    def __str__(self) -> str:
        return f"{self.attempt.method} {self.reference}".strip()


class TransactionType(models.TextChoices):
    """The types of transactions."""

    AUTHORIZE = "authorize", _("Authorized")
    CAPTURE = "capture", _("Captured")
    REFUND = "refund", _("Refunded")
    VOID = "void", _("Released")


class Transaction(models.Model):
    """A transaction at Stripe, or one by hand, whose ID starts with "offline-". Recorded once and
    never changed, except that a refund may fail."""

    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="transactions"
    )
    type = models.CharField(max_length=10, choices=TransactionType.choices)
    amount_cents = models.PositiveIntegerField()
    stripe_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    failed_at = models.DateTimeField(
        _("failed"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the bank rejected the refund; it no longer counts."),
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            Bounds("amount_cents", 0, MAXIMUM_CHARGE),
            models.UniqueConstraint(fields=["type", "stripe_id"], name="unique_transaction"),
            models.CheckConstraint(
                condition=Q(failed_at=None) | Q(type="refund"), name="only_refunds_fail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.amount_cents} ({self.stripe_id})"


class PaymentAlert(models.Model):
    """An alert that an order's payment needs attention, once per text, open until resolved."""

    order = models.ForeignKey(
        "order.Order", on_delete=models.CASCADE, related_name="payment_alerts"
    )
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("payment alert")
        verbose_name_plural = _("payment alerts")
        permissions = [("resolve_paymentalert", "Can mark payment alerts as resolved")]
        constraints = [models.UniqueConstraint(fields=["order", "text"], name="unique_alert")]

    def __str__(self) -> str:
        return f"Order {self.order.number}: {self.text}"


class StripeEvent(models.Model):
    """An event from Stripe: stored once, then settled."""

    event_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    intent_id = models.CharField(max_length=64, blank=True, db_index=True)
    received_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
