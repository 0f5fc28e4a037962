"""The laws about late shipments, and the delay notices, replies and refunds of orders."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import Bounds
from microflight.core.sourced_rows import SourcedRow


class DelayRule(SourcedRow):
    """The law of some countries about orders that ship late."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    countries = models.ManyToManyField(
        "address.Country", verbose_name=_("countries"), related_name="delay_rules"
    )
    ship_within_days = models.PositiveSmallIntegerField(
        _("days to ship"), default=30, help_text=_("From the order, if no date was promised.")
    )
    silent_days = models.PositiveSmallIntegerField(
        _("days of delay with silent consent"),
        null=True,
        blank=True,
        help_text=_(
            "A first delay of up to so many days: silence is consent. Any other delay needs "
            "consent, or is refunded. Leave empty if silence is always consent."
        ),
    )
    refund_days = models.PositiveSmallIntegerField(
        _("days to refund"), default=15, help_text=_("After a cancellation; we refund at once.")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("delay rule")
        verbose_name_plural = _("delay rules")
        constraints = [
            Bounds("ship_within_days", 1, 365),
            Bounds("silent_days", 0, 365),
            Bounds("refund_days", 1, 365),
        ]

    def __str__(self) -> str:
        return self.name


def new_secret() -> str:
    """Return a random secret of 144 bits for the link of a notice."""
    return secrets.token_urlsafe(18)


class DelayNoticeQuerySet(models.QuerySet["DelayNotice"]):
    def unanswered(self) -> "DelayNoticeQuerySet":
        """Return notices of open orders that need consent and have no reply."""
        return self.filter(
            refund_on__isnull=False, replies=None, order__status__in=("placed", "part-shipped")
        )

    def due(self) -> "DelayNoticeQuerySet":
        """Return unanswered notices whose order is refunded within DELAY_WARNING_DAYS."""
        last = localdate() + timedelta(days=settings.DELAY_WARNING_DAYS)
        return self.unanswered().filter(refund_on__lte=last)


class DelayNotice(models.Model):
    """A notice that an order ships later than promised. Never changes; see its replies.

    With `refund_on`, silence is not consent: without a reply, the order is refunded on that day.
    """

    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="delay_notices")
    nth = models.PositiveSmallIntegerField(_("number within the order"))
    rule = models.ForeignKey(
        DelayRule,
        null=True,
        on_delete=models.PROTECT,
        related_name="notices",
        verbose_name=_("rule"),
    )
    promised_on = models.DateField(_("promised to ship by"))
    new_date = models.DateField(
        _("ships by"), null=True, blank=True, help_text=_("Empty: the day is not known.")
    )
    refund_on = models.DateField(_("refund on"), null=True, blank=True, db_index=True)
    secret = models.CharField(max_length=32, unique=True, default=new_secret, editable=False)
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)

    objects = DelayNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("delay notice")
        verbose_name_plural = _("delay notices")
        constraints = [
            models.UniqueConstraint(fields=["order", "nth"], name="one_nth_delay_notice"),
            models.UniqueConstraint(fields=["order", "promised_on"], name="one_notice_per_date"),
            models.CheckConstraint(
                condition=Q(refund_on=None) | Q(rule__isnull=False), name="refund_needs_a_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.number}, {self.nth}"


class ReplyType(models.TextChoices):
    """What ends a notice; after consent, the buyer may still cancel."""

    CONSENT = "consent", _("Agreed to wait")
    CANCEL = "cancel", _("Cancelled by the buyer")
    REFUND = "refund", _("Refunded without a reply")


class DelayReplyQuerySet(models.QuerySet["DelayReply"]):
    def unsettled(self) -> "DelayReplyQuerySet":
        """Return replies whose order is not cancelled yet."""
        return self.filter(settled_at=None).exclude(type=ReplyType.CONSENT)

    def failed(self) -> "DelayReplyQuerySet":
        """Return those that failed, for example because Stripe rejected the refund."""
        return self.unsettled().exclude(problem="")


class DelayReply(models.Model):
    """A reply to a notice, or the automatic refund. `settled_at`: what it cancels is cancelled."""

    notice = models.ForeignKey(DelayNotice, on_delete=models.PROTECT, related_name="replies")
    type = models.CharField(_("type"), max_length=8, choices=ReplyType.choices)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)

    objects = DelayReplyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [
            models.UniqueConstraint(fields=["notice", "type"], name="one_reply_of_each_type"),
            models.UniqueConstraint(
                fields=["notice"],
                condition=~Q(type="consent"),
                name="one_cancellation_per_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}"
