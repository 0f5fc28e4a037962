"""The To do numbers on the admin's start page, one small query each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.mail.models import Message, MessageState
from accounts.newsletter.campaigns.models import Delivery
from accounts.newsletter.campaigns.states import DeliveryState
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import LOW_STOCK
from checkout.audit.models import AuditRun
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert, StripeEvent
from checkout.returns.models import Return
from checkout.returns.states import ReturnState
from policies.models import Policy, PolicyVersion
from policies.states import Stage

#: An event is settled within seconds of its arrival; after this it needs attention.
SETTLE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Task:
    """A number, what it counts, and the URL of the list behind it."""

    count: int
    label: str
    url: str
    urgent: bool = False


def _to_ship() -> QuerySet:
    return Order.objects.to_ship()


def _returns() -> QuerySet:
    return Return.objects.filter(state__in=(ReturnState.REQUESTED, ReturnState.RECEIVED))


def _payment_alerts() -> QuerySet:
    return PaymentAlert.objects.filter(resolved_at=None)


def _failed_emails() -> QuerySet:
    return Message.objects.filter(state=MessageState.FAILED)


def _bounced_emails() -> QuerySet:
    return Message.objects.filter(bounced_at__isnull=False)


def _uncertain_deliveries() -> QuerySet:
    return Delivery.objects.filter(state=DeliveryState.UNCERTAIN)


def _low_stock() -> QuerySet:
    return StockRecord.objects.filter(LOW_STOCK, product__is_public=True)


def _unsettled() -> QuerySet:
    before = timezone.now() - SETTLE_WITHIN
    return StripeEvent.objects.filter(settled_at=None, received_at__lt=before)


def _versions_to_approve() -> QuerySet:
    return PolicyVersion.objects.filter(stage=Stage.REVIEW)


def _policies_to_review() -> QuerySet:
    return Policy.objects.due_for_review()


#: permission, label, rows, list, its filter, urgent if there are any
_TASKS: tuple[tuple[str, Any, Callable[[], QuerySet], str, str, bool], ...] = (
    ("order.view_order", _("orders to ship"), _to_ship, "order_order", "?task=to-ship", False),
    (
        "returns.view_return",
        _("returns to answer or refund"),
        _returns,
        "returns_return",
        "?task=to-answer-or-refund",
        False,
    ),
    (
        "payment.view_paymentalert",
        _("payment alerts"),
        _payment_alerts,
        "payment_paymentalert",
        "?status=open",
        True,
    ),
    (
        "mail.view_message",
        _("failed emails"),
        _failed_emails,
        "mail_message",
        "?state=failed",
        True,
    ),
    (
        "mail.view_message",
        _("bounced emails"),
        _bounced_emails,
        "mail_message",
        "?bounces=bounced",
        True,
    ),
    (
        "newsletter.view_delivery",
        _("uncertain deliveries"),
        _uncertain_deliveries,
        "newsletter_delivery",
        "?state=uncertain",
        True,
    ),
    (
        "partner.view_stockrecord",
        _("products low, out of stock or backordered"),
        _low_stock,
        "partner_stockrecord",
        "?stock=low",
        False,
    ),
    (
        "payment.view_stripeevent",
        _("unprocessed Stripe events"),
        _unsettled,
        "payment_stripeevent",
        "?settled=no",
        True,
    ),
    (
        "policies.approve_policyversion",
        _("policy versions to approve"),
        _versions_to_approve,
        "policies_policyversion",
        "?stage=review",
        False,
    ),
    (
        "policies.review_policy",
        _("policies due for review"),
        _policies_to_review,
        "policies_policy",
        "?review=overdue",
        True,
    ),
)


def to_do(request: HttpRequest) -> list[Task]:
    """Return the tasks this staff member has permission to see, one query each."""
    tasks = []
    for permission, label, rows, name, query, urgent in _TASKS:
        if request.user.has_perm(permission):
            count = rows().count()
            url = reverse(f"admin:{name}_changelist") + query
            tasks.append(Task(count, label, url, urgent=urgent and count > 0))
    return tasks


def last_audit(request: HttpRequest) -> AuditRun | None:
    """Return the latest audit if the staff member may see it: one query."""
    return AuditRun.objects.first() if request.user.has_perm("audit.view_auditrun") else None
