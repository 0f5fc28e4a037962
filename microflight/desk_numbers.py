"""What needs doing today: the numbers on the admin's start page, one small query each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message, MessageState
from accounts.newsletter.models import Delivery
from accounts.newsletter.states import DeliveryState
from catalog.partner.low import LOW_STOCK
from catalog.partner.models import StockRecord
from checkout.audit.models import AuditRun
from checkout.order.models import Order
from checkout.payment.models import MoneyAlert, StripeEvent
from checkout.returns.models import Return
from checkout.returns.states import ReturnState
from policies.models import Policy, PolicyVersion
from policies.services import today
from policies.states import Stage

#: An event is settled within seconds of its arrival; after this it needs a look.
SETTLE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Task:
    """A number, what it counts, and the list behind it."""

    count: int
    words: str
    url: str
    urgent: bool = False


def _to_ship() -> QuerySet:
    return Order.objects.to_ship()


def _returns() -> QuerySet:
    return Return.objects.filter(state__in=(ReturnState.ASKED, ReturnState.RECEIVED))


def _alerts() -> QuerySet:
    return MoneyAlert.objects.filter(closed_at=None)


def _failed_mail() -> QuerySet:
    return Message.objects.filter(state=MessageState.FAILED)


def _returned_mail() -> QuerySet:
    return Message.objects.filter(returned_at__isnull=False)


def _letters_in_doubt() -> QuerySet:
    return Delivery.objects.filter(state=DeliveryState.DOUBT)


def _low_stock() -> QuerySet:
    return StockRecord.objects.filter(LOW_STOCK, product__is_public=True)


def _unsettled() -> QuerySet:
    before = timezone.now() - SETTLE_WITHIN
    return StripeEvent.objects.filter(settled_at=None, received_at__lt=before)


def _texts_to_approve() -> QuerySet:
    return PolicyVersion.objects.filter(stage=Stage.REVIEW)


def _policies_to_read() -> QuerySet:
    return Policy.objects.filter(review_by__lt=today())


#: right to see it, words, rows, list, its filter, is any of them urgent?
_TASKS: tuple[tuple[str, str, Callable[[], QuerySet], str, str, bool], ...] = (
    ("order.view_order", "orders to ship", _to_ship, "order_order", "?desk=to-ship", False),
    (
        "returns.view_return",
        "returns to answer or refund",
        _returns,
        "returns_return",
        "?task=for-us",
        False,
    ),
    (
        "payment.view_moneyalert",
        "alerts about money",
        _alerts,
        "payment_moneyalert",
        "?alert=open",
        True,
    ),
    ("mail.view_message", "mails given up", _failed_mail, "mail_message", "?state=failed", True),
    (
        "mail.view_message",
        "mails that came back",
        _returned_mail,
        "mail_message",
        "?arrival=came-back",
        True,
    ),
    (
        "newsletter.view_delivery",
        "newsletters perhaps sent",
        _letters_in_doubt,
        "newsletter_delivery",
        "?state=doubt",
        True,
    ),
    (
        "partner.view_stockrecord",
        "articles low, out or waited for",
        _low_stock,
        "partner_stockrecord",
        "?stock=low",
        False,
    ),
    (
        "payment.view_stripeevent",
        "Stripe events not settled",
        _unsettled,
        "payment_stripeevent",
        "?settled=no",
        True,
    ),
    (
        "policies.approve_policyversion",
        "policy texts to approve",
        _texts_to_approve,
        "policies_policyversion",
        "?stage=review",
        False,
    ),
    (
        "policies.review_policy",
        "policies to read again",
        _policies_to_read,
        "policies_policy",
        "?review=overdue",
        True,
    ),
)


def to_do(request: HttpRequest) -> list[Task]:
    """Return what this member of staff may see, one query each."""
    tasks = []
    for right, words, rows, name, query, urgent in _TASKS:
        if request.user.has_perm(right):
            count = rows().count()
            url = reverse(f"admin:{name}_changelist") + query
            tasks.append(Task(count, words, url, urgent=urgent and count > 0))
    return tasks


def last_audit(request: HttpRequest) -> AuditRun | None:
    """Return the newest audit, for whom it concerns: one query."""
    return AuditRun.objects.first() if request.user.has_perm("audit.view_auditrun") else None
