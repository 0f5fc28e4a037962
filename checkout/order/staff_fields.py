"""What only orders have that staff took by phone, email, postal mail or at the counter."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_TOTAL, Bounds


class Channel(models.TextChoices):
    """How an order reached the shop."""

    ONLINE = "online", _("Online")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("Email")
    MAIL = "mail", _("Postal mail")
    COUNTER = "counter", _("At the counter")


class StaffOrderFields(models.Model):
    """Columns of `Order`. A quote's prices and stock are reserved until the end of `valid_until`.

    `manual_discount` is in CAD before tax, off the subtotal after offers.
    """

    channel = models.CharField(
        _("channel"), max_length=8, choices=Channel.choices, default=Channel.ONLINE, editable=False
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
        verbose_name=_("taken by"),
    )
    valid_until = models.DateField(_("valid until"), null=True, blank=True, editable=False)
    hold_reason = models.CharField(
        _("reason for the reservation"), max_length=255, blank=True, editable=False
    )
    manual_discount = models.DecimalField(
        max_digits=12, decimal_places=2, default=Decimal("0.00"), editable=False
    )
    discount_reason = models.CharField(max_length=128, blank=True, editable=False)
    adds_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="additions",
        editable=False,
        verbose_name=_("adds to"),
        help_text=_("The order with which it ships: it has what was added there."),
    )

    class Meta:
        abstract = True
        constraints = [
            Bounds("manual_discount", 0, MAX_TOTAL),
            models.CheckConstraint(
                condition=Q(manual_discount=0) | ~Q(discount_reason=""),
                name="manual_discount_has_a_reason",
            ),
        ]

    @property
    def is_staff_order(self) -> bool:
        """Tell whether staff took it: then it may be paid without a card."""
        return self.channel != Channel.ONLINE

    @property
    def valid_until_end(self) -> datetime:
        """Return the moment after which a quote has expired: midnight in shop time."""
        assert self.valid_until is not None  # noqa: S101 (only of quotes)
        day = self.valid_until + timedelta(days=1)
        return timezone.make_aware(datetime(day.year, day.month, day.day))
