"""The To do numbers on the admin's start page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.mail.models import Message, MessageState
from accounts.newsletter.campaigns.models import Delivery, DeliveryState
from accounts.tickets.models import Ticket, TicketState
from catalog.external_offers.models import ExternalOffer
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import LOW_STOCK
from catalog.reviews.models import ProductReview, Question, QuestionState
from checkout.audit.models import AuditRun
from checkout.deadlines.models import DelayNotice, DelayReply
from checkout.deadlines.schedule import at_risk
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert, StripeEvent
from checkout.returns.models import Return
from checkout.returns.states import ReturnState
from checkout.tax_reports.thresholds import warnings
from checkout.withdrawal.models import Withdrawal
from microflight.core.page_cache import process_cached
from microflight.core.row_counts import count_rows
from microflight.core.sourced_rows import overdue_counts, sourced_models
from policies.models import Policy, PolicyVersion
from policies.opening import calendars
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


def _withdrawals() -> QuerySet:
    return Withdrawal.objects.filter(settled_at=None).exclude(problem="")


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


def _dead_links() -> QuerySet:
    return ExternalOffer.objects.dead()


def _reviews() -> QuerySet:
    return ProductReview.objects.filter(status=ProductReview.FOR_MODERATION)


def _questions() -> QuerySet:
    return Question.objects.filter(state=QuestionState.NEW)


def _tickets() -> QuerySet:
    return Ticket.objects.filter(state=TicketState.OPEN)


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
    ("tickets.view_ticket", _("tickets to answer"), _tickets, "tickets_ticket", "next/", False),
    (
        "returns.view_return",
        _("returns to answer or refund"),
        _returns,
        "returns_return",
        "?task=to-answer-or-refund",
        False,
    ),
    (
        "deadlines.view_delaynotice",
        _("delayed orders to be refunded soon"),
        DelayNotice.objects.due,
        "deadlines_delaynotice",
        "?task=due",
        True,
    ),
    (
        "deadlines.view_delaynotice",
        _("failed refunds of delayed orders"),
        DelayReply.objects.failed,
        "deadlines_delaynotice",
        "?task=failed",
        True,
    ),
    (
        "withdrawal.view_withdrawal",
        _("withdrawals that failed"),
        _withdrawals,
        "withdrawal_withdrawal",
        "?task=failed",
        True,
    ),
    (
        "reviews.view_productreview",
        _("reviews to approve"),
        _reviews,
        "reviews_productreview",
        "?status__exact=0",
        False,
    ),
    (
        "reviews.view_question",
        _("questions to answer"),
        _questions,
        "reviews_question",
        "?state__exact=new",
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
        "external_offers.view_externaloffer",
        _("external offers with a dead link"),
        _dead_links,
        "external_offers_externaloffer",
        "?state=dead",
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
    """Return the tasks this staff member has permission to see. One query counts those of the
    table above."""
    shown = [task for task in _TASKS if request.user.has_perm(task[0])]
    counts = count_rows({str(number): task[2]() for number, task in enumerate(shown)})
    tasks = [
        Task(count, label, reverse(f"admin:{name}_changelist") + query, urgent=urgent and count > 0)
        for count, (_, label, _, name, query, urgent) in zip(counts.values(), shown, strict=True)
    ]
    return tasks + _dated_orders(request) + _thresholds(request) + _facts_to_check(request)


def _dated_orders(request: HttpRequest) -> list[Task]:
    """Return the orders that may ship late, and those on hold: urgent once the shop is open, since
    a job releases them every minute."""
    if not request.user.has_perm("order.view_order"):
        return []
    schedule = process_cached(request, "opening", calendars.load)
    is_away = schedule.away_on(timezone.localdate()) is not None
    late, held = at_risk(schedule).count(), Order.objects.open().filter(on_hold=True).count()
    held_label = gettext("orders on hold until the shop reopens")
    if not is_away:
        held_label = gettext("held orders to release")
    url = reverse("admin:order_order_changelist")
    return [
        Task(late, gettext("orders that may ship late"), f"{url}?task=at-risk", urgent=late > 0),
        Task(held, held_label, f"{url}?task=on-hold", urgent=held > 0 and not is_away),
    ]


def _thresholds(request: HttpRequest) -> list[Task]:
    """Return how many tax thresholds are at 80 % or more, if there are any; for ten minutes, since
    it sums the sales of a year."""
    if not request.user.has_perm("tax_reports.view_taxthreshold"):
        return []
    count = cache.get_or_set("tax-threshold-warnings", warnings, 600)
    if not count:
        return []
    text = ngettext("tax threshold reached or nearly", "tax thresholds reached or nearly", count)
    return [Task(count, text, reverse("admin:tax_reports_taxthreshold_changelist"), urgent=True)]


def _facts_to_check(request: HttpRequest) -> list[Task]:
    """Return the facts whose check-again date has passed: one query for all models."""
    shown = [
        model
        for model in sourced_models()
        if admin.site.is_registered(model)
        and request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    ]
    return [
        Task(
            count,
            gettext("%(names)s to check again") % {"names": model._meta.verbose_name_plural},
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            + "?check=overdue",
            urgent=True,
        )
        for model, count in overdue_counts(shown).items()
    ]


def last_audit(request: HttpRequest) -> AuditRun | None:
    """Return the latest audit if the staff member may see it: one query."""
    return AuditRun.objects.first() if request.user.has_perm("audit.view_auditrun") else None
