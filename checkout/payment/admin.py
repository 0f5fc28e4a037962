"""The books of payment for staff: to read. Money moves only through the order desk's services."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from checkout.payment.models import MoneyAlert, Movement, PaymentAttempt, StripeEvent
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin, ReadOnlyInline, admin_link
from microflight.core.money import format_cents


class MovementInline(ReadOnlyInline):
    """What happened to the money of one attempt."""

    model = Movement
    fields = ("kind", "amount", "stripe_id", "reason", "by", "created_at", "failed_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the members of staff along."""
        return super().get_queryset(request).select_related("by")

    @admin.display(description="Amount")
    def amount(self, movement: Movement) -> str:
        """Return dollars."""
        return format_cents(movement.amount_cents)


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    """Tries to pay: what was authorised, taken and given back."""

    list_display = ["uuid", "order_link", "state", "amount", "captured", "refunded", "created_at"]
    list_select_related = ["order"]
    list_filter = ["state", "created_at"]
    search_fields = ["order__number", "intent_id", "order__guest_email"]
    search_help_text = "Order number, address, or Stripe's pi_ number."
    fields = (
        "uuid",
        "order_link",
        "state",
        "intent_id",
        "amount",
        "captured",
        "refunded",
        "authorised_until",
        "expires_at",
        "created_at",
        "last_error",
    )
    readonly_fields = fields
    inlines = [MovementInline]

    @admin.display(description="Order", ordering="order__number")
    def order_link(self, attempt: PaymentAttempt) -> SafeString | str:
        """Link to the order."""
        return admin_link(attempt.order, attempt.order.number)

    @admin.display(description="Amount", ordering="amount_cents")
    def amount(self, attempt: PaymentAttempt) -> str:
        """Return dollars."""
        return format_cents(attempt.amount_cents)

    @admin.display(description="Taken", ordering="captured_cents")
    def captured(self, attempt: PaymentAttempt) -> str:
        """Return dollars."""
        return format_cents(attempt.captured_cents)

    @admin.display(description="Given back", ordering="refunded_cents")
    def refunded(self, attempt: PaymentAttempt) -> str:
        """Return dollars."""
        return format_cents(attempt.refunded_cents)


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """Every authorisation, capture, refund and release, newest first."""

    list_display = ["created_at", "order_link", "kind", "amount", "stripe_id", "reason", "by"]
    list_select_related = ["attempt__order", "by"]
    list_filter = ["kind", "created_at"]
    search_fields = ["attempt__order__number", "stripe_id"]
    search_help_text = "Order number, or Stripe's number of the charge or refund."
    ordering = ["-pk"]
    date_hierarchy = "created_at"
    fields = (
        "order_link",
        "kind",
        "amount",
        "stripe_id",
        "reason",
        "by",
        "created_at",
        "failed_at",
    )
    readonly_fields = fields

    @admin.display(description="Order", ordering="attempt__order__number")
    def order_link(self, movement: Movement) -> SafeString | str:
        """Link to the order."""
        return admin_link(movement.attempt.order, movement.attempt.order.number)

    @admin.display(description="Amount", ordering="amount_cents")
    def amount(self, movement: Movement) -> str:
        """Return dollars."""
        return format_cents(movement.amount_cents)


class AlertFilter(ChoiceFilter):
    """Has somebody dealt with it?"""

    title = "alert"
    parameter_name = "alert"
    choices_with_conditions = (
        ("open", "open", Q(closed_at=None)),
        ("closed", "dealt with", Q(closed_at__isnull=False)),
    )


@admin.register(MoneyAlert)
class MoneyAlertAdmin(ReadOnlyAdmin):
    """Orders whose money needs a person, newest first."""

    list_display = ["order_link", "text", "raised_at", "closed_at", "closed_by"]
    list_display_links = ["raised_at"]
    list_select_related = ["order", "closed_by"]
    list_filter = [AlertFilter, "raised_at"]
    search_fields = ["order__number", "text"]
    search_help_text = "Order number, or words of the alert."
    fields = ("order_link", "text", "raised_at", "closed_at", "closed_by")
    readonly_fields = fields
    actions = ["close"]

    @admin.display(description="Order", ordering="order__number")
    def order_link(self, alert: MoneyAlert) -> SafeString | str:
        """Link to the order."""
        return admin_link(alert.order, alert.order.number)

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Tell whether this member of staff may close alerts."""
        return request.user.has_perm("payment.close_moneyalert")

    @admin.action(description="Mark as dealt with", permissions=["close"])
    def close(self, request: HttpRequest, alerts: QuerySet[MoneyAlert]) -> None:
        """Note who dealt with them, and when; those that were closed before stay as they are."""
        count = alerts.filter(closed_at=None).update(
            closed_at=timezone.now(), closed_by=request.user
        )
        self.message_user(request, f"{count} marked as dealt with.")


class SettledFilter(ChoiceFilter):
    """Has the shop acted on the event?"""

    title = "settled"
    parameter_name = "settled"
    choices_with_conditions = (
        ("no", "not settled", Q(settled_at=None)),
        ("yes", "settled", Q(settled_at__isnull=False)),
    )


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    """Webhooks as they arrived."""

    list_display = ["event_id", "type", "intent_id", "received_at", "settled_at"]
    list_filter = [SettledFilter, "type", "received_at"]
    search_fields = ["event_id", "intent_id", "object_id"]
    search_help_text = "Stripe's evt_, pi_ or ch_ number."
