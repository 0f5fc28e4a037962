"""The books of payment. Oscar's Source and Transaction are not used: they read, then write."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from checkout.payment.states import ATTEMPT, AttemptState

__all__ = [
    "AttemptState",
    "MoneyAlert",
    "Movement",
    "MovementKind",
    "PaymentAttempt",
    "StripeEvent",
]


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    """Attempts of one order or of many."""

    def current(self) -> "PaymentAttemptQuerySet":
        """Leave out attempts that another one of the same order has replaced."""
        later = PaymentAttempt.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))


class PaymentAttempt(models.Model):
    """A PaymentIntent at Stripe for an order, on which cards are tried until Stripe's limit.

    Where that ends an intent, another attempt replaces this one. The database allows one attempt
    of an order that is not cancelled: never two that can both be charged.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="attempts")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="CAD")
    state = models.CharField(max_length=12, choices=AttemptState.choices, default=AttemptState.OPEN)
    intent_id = models.CharField(max_length=64, null=True, unique=True, editable=False)
    waived_cents = models.PositiveIntegerField(
        default=0, help_text="Not to be taken: pieces that were cancelled before it was."
    )
    captured_cents = models.PositiveIntegerField(default=0)
    refunded_cents = models.PositiveIntegerField(default=0)
    authorised_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_error = models.CharField(max_length=255, blank=True)
    unanswered = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text="Cards that Stripe has not answered: until then nobody knows what was charged.",
    )

    objects = PaymentAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=~Q(state=AttemptState.CANCELLED),
                name="one_live_attempt_per_order",
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
        """What is to be taken, in cents: less than is reserved where pieces were cancelled."""
        return self.amount_cents - self.waived_cents

    def move_to(self, new: str) -> None:
        """Change the state of an attempt whose order the caller has locked; the caller saves.

        Where it is there already, nothing happens. Raises NotAllowed.
        """
        if self.state != new:
            ATTEMPT.check(self.state, new)
            self.state = new

    def is_replaced(self) -> bool:
        """Tell whether the order has a later attempt."""
        return PaymentAttempt.objects.filter(order=self.order_id, pk__gt=self.pk).exists()

    def replace(self) -> "PaymentAttempt":
        """Open the order's next attempt, for the same money and until the same time.

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

    def close_unasked(self) -> bool:
        """Give up an attempt that never reached Stripe, and write it down at once.

        False, and no change, where its intent is being stored just now: `pay` does not lock.
        """
        unasked = PaymentAttempt.objects.filter(pk=self.pk, intent_id=None)
        if not unasked.update(state=AttemptState.CANCELLED):
            return False
        self.move_to(AttemptState.CANCELLED)
        return True


class MovementKind(models.TextChoices):
    """What happened to money at Stripe."""

    AUTHORISE = "authorise", "authorised"
    CAPTURE = "capture", "captured"
    REFUND = "refund", "refunded"
    VOID = "void", "released"


class Movement(models.Model):
    """One line in the books: written once per object at Stripe, never changed, but for the one
    thing that may still happen to a refund: the customer's bank sends it back."""

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=MovementKind.choices)
    amount_cents = models.PositiveIntegerField()
    stripe_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    failed_at = models.DateTimeField(
        "sent back by the bank",
        null=True,
        blank=True,
        editable=False,
        help_text="When we heard that a refund did not reach the customer: it counts no more.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "stripe_id"], name="booked_once"),
            models.CheckConstraint(
                condition=Q(failed_at=None) | Q(kind="refund"), name="only_refunds_fail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_cents} ({self.stripe_id})"


class MoneyAlert(models.Model):
    """An order whose money needs a person. Raised once for each text; open until staff close it."""

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="money_alerts")
    text = models.CharField(max_length=500)
    raised_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField("dealt with", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "alert about money"
        verbose_name_plural = "alerts about money"
        permissions = [("close_moneyalert", "Can mark alerts about money as dealt with")]
        constraints = [models.UniqueConstraint(fields=["order", "text"], name="alerted_once")]

    def __str__(self) -> str:
        return f"Order {self.order.number}: {self.text}"


class StripeEvent(models.Model):
    """A webhook that arrived: stored once, then settled."""

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
