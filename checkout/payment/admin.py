"""Payment attempts, transactions, alerts and Stripe events, read-only. Staff act on orders."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from checkout.payment.models import PaymentAlert, PaymentAttempt, StripeEvent, Transaction
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin, ReadOnlyInline, admin_link
from microflight.core.money import format_cents
from microflight.core.row_locks import lock_rows


class TransactionInline(ReadOnlyInline):
    """The transactions of one attempt."""

    model = Transaction
    fields = ("type", "amount", "stripe_id", "reason", "by", "created_at", "failed_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the staff members in the same query."""
        return super().get_queryset(request).select_related("by")

    @admin.display(description=_("Amount"))
    def amount(self, transaction: Transaction) -> str:
        return format_cents(transaction.amount_cents)


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    """Payment attempts, with their authorized, captured and refunded amounts."""

    list_display = [
        "uuid", "order_link", "method", "state", "amount", "captured", "refunded", "created_at",
    ]  # fmt: skip
    list_select_related = ["order"]
    list_filter = ["state", "method", "created_at"]
    search_fields = ["order__number", "intent_id", "order__guest_email"]
    search_help_text = _("Order number, email, or Stripe ID (pi_…).")
    fields = (
        "uuid",
        "order_link",
        "method",
        "state",
        "intent_id",
        "amount",
        "captured",
        "refunded",
        "authorized_until",
        "expires_at",
        "created_at",
        "last_error",
    )
    readonly_fields = fields
    inlines = [TransactionInline]

    @admin.display(description=_("Order"), ordering="order__number")
    def order_link(self, attempt: PaymentAttempt) -> SafeString | str:
        return admin_link(attempt.order, attempt.order.number)

    @admin.display(description=_("Amount"), ordering="amount_cents")
    def amount(self, attempt: PaymentAttempt) -> str:
        return format_cents(attempt.amount_cents)

    @admin.display(description=_("Captured"), ordering="captured_cents")
    def captured(self, attempt: PaymentAttempt) -> str:
        return format_cents(attempt.captured_cents)

    @admin.display(description=_("Refunded"), ordering="refunded_cents")
    def refunded(self, attempt: PaymentAttempt) -> str:
        return format_cents(attempt.refunded_cents)


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """Authorizations, captures, refunds and releases, newest first."""

    list_display = ["created_at", "order_link", "type", "amount", "stripe_id", "reason", "by"]
    list_select_related = ["attempt__order", "by"]
    list_filter = ["type", "created_at"]
    search_fields = ["attempt__order__number", "stripe_id"]
    search_help_text = _("Order number, or Stripe ID of the payment or refund.")
    ordering = ["-pk"]
    show_full_result_count = False
    fields = (
        "order_link",
        "type",
        "amount",
        "stripe_id",
        "reason",
        "by",
        "created_at",
        "failed_at",
    )
    readonly_fields = fields

    @admin.display(description=_("Order"), ordering="attempt__order__number")
    def order_link(self, transaction: Transaction) -> SafeString | str:
        return admin_link(transaction.attempt.order, transaction.attempt.order.number)

    @admin.display(description=_("Amount"), ordering="amount_cents")
    def amount(self, transaction: Transaction) -> str:
        return format_cents(transaction.amount_cents)


class AlertFilter(ChoiceFilter):
    """Whether an alert is resolved."""

    title = _("status")
    parameter_name = "status"
    choices_with_conditions = (
        ("open", _("Open"), Q(resolved_at=None)),
        ("resolved", _("Resolved"), Q(resolved_at__isnull=False)),
    )


@admin.register(PaymentAlert)
class PaymentAlertAdmin(ReadOnlyAdmin):
    """Payments that need attention, newest first."""

    list_display = ["order_link", "text", "created_at", "resolved_at", "resolved_by"]
    list_display_links = ["created_at"]
    list_select_related = ["order", "resolved_by"]
    list_filter = [AlertFilter, "created_at"]
    search_fields = ["order__number", "text"]
    search_help_text = _("Order number or text.")
    fields = ("order_link", "text", "created_at", "resolved_at", "resolved_by")
    readonly_fields = fields
    actions = ["resolve"]

    @admin.display(description=_("Order"), ordering="order__number")
    def order_link(self, alert: PaymentAlert) -> SafeString | str:
        return admin_link(alert.order, alert.order.number)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may resolve alerts."""
        return request.user.has_perm("payment.resolve_paymentalert")

    @admin.action(description=_("Mark as resolved"), permissions=["resolve"])
    def resolve(self, request: HttpRequest, alerts: QuerySet[PaymentAlert]) -> None:
        """Mark the open alerts among these as resolved by the user."""
        with transaction.atomic():
            open_alerts = PaymentAlert.objects.filter(pk__in=alerts, resolved_at=None)
            pks = lock_rows(open_alerts)
            count = open_alerts.filter(pk__in=pks).update(
                resolved_at=timezone.now(), resolved_by=request.user
            )
        text = ngettext("%(count)d alert resolved.", "%(count)d alerts resolved.", count)
        self.message_user(request, text % {"count": count})


class SettledFilter(ChoiceFilter):
    """Whether an event is settled."""

    title = _("settled")
    parameter_name = "settled"
    choices_with_conditions = (
        ("no", _("No"), Q(settled_at=None)),
        ("yes", _("Yes"), Q(settled_at__isnull=False)),
    )


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    """Events from Stripe."""

    list_display = ["event_id", "type", "intent_id", "received_at", "settled_at"]
    list_filter = [SettledFilter, "type", "received_at"]
    search_fields = ["event_id", "intent_id", "object_id"]
    search_help_text = _("Stripe ID (evt_…, pi_… or ch_…).")
