"""Rules about withdrawal by country, and the withdrawals that buyers declare."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_UNITS, Bounds
from microflight.core.sourced_rows import SourcedRow


class WithdrawalRule(SourcedRow):
    """The law of some countries: how long buyers there can withdraw from a contract."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    countries = models.ManyToManyField(
        "address.Country", verbose_name=_("countries"), related_name="withdrawal_rules"
    )
    days = models.PositiveSmallIntegerField(
        _("days after delivery"), help_text=_("The day of delivery does not count.")
    )
    late_days = models.PositiveSmallIntegerField(
        _("days a parcel may be late"),
        help_text=_(
            "We do not know the day of delivery: the period ends this many days later than for a "
            "parcel that takes as long as its shipping method says."
        ),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("withdrawal rule")
        verbose_name_plural = _("withdrawal rules")
        constraints = [Bounds("days", 1, 365), Bounds("late_days", 0, 365)]

    def __str__(self) -> str:
        return self.name


class Withdrawal(models.Model):
    """A buyer's withdrawal from all or a part of an order. Its units and time never change.

    `settled_at`: unshipped units are cancelled, and a return is approved for the others. Until
    then a job tries again; `claimed_at` is when the current attempt began.
    """

    class Channel(models.TextChoices):
        """How the buyer identified the order."""

        LINK = "link", _("order page")
        NUMBER = "number", _("order number and email")

    order = models.ForeignKey("order.Order", on_delete=models.PROTECT, related_name="withdrawals")
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # of the form
    channel = models.CharField(_("channel"), max_length=6, choices=Channel.choices)
    email = models.EmailField(_("receipt sent to"), blank=True)
    declared_at = models.DateTimeField(_("declared at"))
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)
    ret = models.OneToOneField(
        "returns.Return",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="withdrawal",
        verbose_name=_("return"),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        indexes = [
            models.Index(
                fields=["declared_at"],
                condition=Q(settled_at=None),
                name="withdrawals_to_settle",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return the number that emails and notes show, such as W100014-7."""
        return f"W{self.order.number}-{self.pk}"


class WithdrawalLine(models.Model):
    """Units of an order line, and how many of them were cancelled before they shipped."""

    parent = models.ForeignKey(Withdrawal, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey("order.Line", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("units"))
    cancelled = models.PositiveIntegerField(_("units cancelled"), default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "line"], name="one_line_per_withdrawal"),
            Bounds("quantity", 1, MAX_UNITS),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("cancelled")), name="cancelled_within_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"
