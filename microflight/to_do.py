"""The To do numbers on the admin's start page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.mail.models import EmailTemplate, Message, MessageState, TemplateState
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
from microflight.core.row_counts import RowCount, count_with_oldest
from microflight.core.sourced_rows import sourced_models
from policies.models import Policy, PolicyVersion
from policies.opening import calendars
from policies.states import Stage

#: An event is settled within seconds of its arrival; after this it needs attention.
SETTLE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Task:
    """A number, what it counts, the URL of the list behind it, and since when the oldest waits.

    `next_url` is behind the button: the record itself if it is the only one.
    """

    count: int
    label: str
    url: str
    urgent: bool = False
    oldest: datetime | None = None
    button: Any = _("Open")
    next_url: str = ""

    @property
    def age(self) -> str:
        """Return how long the oldest has waited: "3 days"."""
        return timesince(self.oldest, depth=1) if self.oldest else ""


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


def _failed_texts() -> QuerySet:
    return EmailTemplate.objects.filter(state=TemplateState.ACTIVE).exclude(last_error="")


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


class TaskType(NamedTuple):
    """What is counted for a task. `since`: the column with the age of a row, if it has one."""

    permission: str
    label: Any
    rows: Callable[[], QuerySet]
    page: str  # its list
    query: str  # the filter of the list
    urgent: bool = False  # if there are any
    since: str = ""
    button: Any = _("Open")

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.page}_changelist") + self.query

    def task(self, found: RowCount) -> Task:
        """Return the task of the rows that were counted."""
        url = self.url
        if found.rows == 1 and self.query.startswith("?"):
            url = reverse(f"admin:{self.page}_change", args=[found.first])
        is_urgent = self.urgent and found.rows > 0
        return Task(found.rows, self.label, self.url, is_urgent, found.oldest, self.button, url)


_TASKS = (
    TaskType(
        "order.view_order", _("orders to ship"), _to_ship, "order_order", "?task=to-ship", False,
        "placed_at", _("Ship"),
    ),
    TaskType(
        "tickets.view_ticket", _("tickets to answer"), _tickets, "tickets_ticket", "next/", False,
        "received_at", _("Answer"),
    ),
    TaskType(
        "returns.view_return", _("returns to answer or refund"), _returns, "returns_return",
        "?task=to-answer-or-refund", False, "requested_at", _("Answer"),
    ),
    TaskType(
        "deadlines.view_delaynotice", _("delayed orders to be refunded soon"),
        DelayNotice.objects.due, "deadlines_delaynotice", "?task=due", True, "sent_at",
        _("Review"),
    ),
    TaskType(
        "deadlines.view_delaynotice", _("failed refunds of delayed orders"),
        DelayReply.objects.failed, "deadlines_delaynotice", "?task=failed", True, "at",
        _("Refund"),
    ),
    TaskType(
        "withdrawal.view_withdrawal", _("withdrawals that failed"), _withdrawals,
        "withdrawal_withdrawal", "?task=failed", True, "declared_at", _("Refund"),
    ),
    TaskType(
        "reviews.view_productreview", _("reviews to approve"), _reviews, "reviews_productreview",
        "?status__exact=0", False, "date_created", _("Moderate"),
    ),
    TaskType(
        "reviews.view_question", _("questions to answer"), _questions, "reviews_question",
        "?state__exact=new", False, "asked_at", _("Answer"),
    ),
    TaskType(
        "payment.view_paymentalert", _("payment alerts"), _payment_alerts, "payment_paymentalert",
        "?status=open", True, "created_at", _("Resolve"),
    ),
    TaskType(
        "mail.view_message", _("failed emails"), _failed_emails, "mail_message", "?state=failed",
        True, "created_at", _("Resend"),
    ),
    TaskType(
        "mail.view_emailtemplate", _("email texts that fail"), _failed_texts,
        "mail_emailtemplate", "?state__exact=active", True, "activated_at", _("Correct"),
    ),
    TaskType(
        "mail.view_message", _("bounced emails"), _bounced_emails, "mail_message",
        "?bounces=bounced", True, "bounced_at", _("Review"),
    ),
    TaskType(
        "newsletter.view_delivery", _("uncertain deliveries"), _uncertain_deliveries,
        "newsletter_delivery", "?state=uncertain", True, "claimed_at", _("Check"),
    ),
    TaskType(
        "partner.view_stockrecord", _("products low, out of stock or backordered"), _low_stock,
        "partner_stockrecord", "?stock=low", False, "", _("Restock"),
    ),
    TaskType(
        "external_offers.view_externaloffer", _("external offers with a dead link"), _dead_links,
        "external_offers_externaloffer", "?state=dead", False, "checked_at", _("Fix"),
    ),
    TaskType(
        "payment.view_stripeevent", _("unprocessed Stripe events"), _unsettled,
        "payment_stripeevent", "?settled=no", True, "received_at", _("Check"),
    ),
    TaskType(
        "policies.approve_policyversion", _("policy versions to approve"), _versions_to_approve,
        "policies_policyversion", "?stage=review", False, "", _("Approve"),
    ),
    TaskType(
        "policies.review_policy", _("policies due for review"), _policies_to_review,
        "policies_policy", "?review=overdue", True, "next_review_on", _("Review"),
    ),
)  # fmt: skip


def to_do(request: HttpRequest) -> list[Task]:
    """Return the tasks this staff member has permission to see: alarms first, then what has waited
    longest; those with nothing to do last. One query counts all of them."""
    types = [each for each in _TASKS if request.user.has_perm(each.permission)]
    facts = _facts_to_check(request)
    shown = [*types, *_dated_orders(request), *facts]
    found = count_with_oldest({str(n): (each.rows(), each.since) for n, each in enumerate(shown)})
    tasks = [
        each.task(counted)
        for counted, each in zip(found.values(), shown, strict=True)
        if counted.rows or each not in facts
    ]
    return sorted(tasks + _thresholds(request), key=_position)


def _position(task: Task) -> tuple[bool, bool, bool, datetime]:
    return not task.urgent, not task.count, task.oldest is None, task.oldest or timezone.now()


def _dated_orders(request: HttpRequest) -> list[TaskType]:
    """Return the orders that may ship late, and those on hold: urgent once the shop is open, since
    a job releases them every minute."""
    if not request.user.has_perm("order.view_order"):
        return []
    schedule = process_cached(request, "opening", calendars.load)
    is_away = schedule.away_on(timezone.localdate()) is not None
    late = Order.objects.filter(pk__in=at_risk(schedule).values("pk"))
    held = Order.objects.open().filter(on_hold=True)
    held_label = (
        _("orders on hold until the shop reopens") if is_away else _("held orders to release")
    )
    orders = partial(TaskType, "order.view_order", page="order_order", since="placed_at")
    return [
        orders(
            label=_("orders that may ship late"), rows=lambda: late, query="?task=at-risk",
            urgent=True, button=_("Ship"),
        ),
        orders(
            label=held_label, rows=lambda: held, query="?task=on-hold", urgent=not is_away,
            button=_("Review"),
        ),
    ]  # fmt: skip


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


def _facts_to_check(request: HttpRequest) -> list[TaskType]:
    """Return the facts whose check-again date has passed."""
    return [
        TaskType(
            f"{model._meta.app_label}.view_{model._meta.model_name}",
            gettext("%(names)s to check again") % {"names": model._meta.verbose_name_plural},
            model.objects.overdue,
            f"{model._meta.app_label}_{model._meta.model_name}",
            "?check=overdue",
            urgent=True,
            since="check_again_on",
            button=_("Check"),
        )
        for model in sourced_models()
        if admin.site.is_registered(model)
        and request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    ]


def last_audit(request: HttpRequest) -> AuditRun | None:
    """Return the latest audit if the staff member may see it: one query."""
    return AuditRun.objects.first() if request.user.has_perm("audit.view_auditrun") else None
