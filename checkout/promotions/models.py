"""Promotions: Oscar's offers as staff create them, in one form."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.offers.models import ConditionalOffer
from microflight.core import page_cache


class State(models.TextChoices):
    """Whether shoppers get a promotion now."""

    ACTIVE = "active", _("active")
    SCHEDULED = "scheduled", _("scheduled")
    ENDED = "ended", _("ended")
    SUSPENDED = "suspended", _("suspended")
    USED_UP = "used-up", _("used up")


class PromotionQuerySet(models.QuerySet["Promotion"]):
    """Promotions, with what their rows show."""

    def with_rules(self) -> "PromotionQuerySet":
        """Select condition, benefit and range, and the dates of discount codes."""
        return self.select_related("condition__range", "benefit__range").annotate(
            codes_start=Min("vouchers__start_datetime"), codes_end=Max("vouchers__end_datetime")
        )


class Promotion(page_cache.InvalidatesPages, ConditionalOffer):
    """An offer with its rules, product range and discount codes."""

    objects: Any = PromotionQuerySet.as_manager()

    class Meta:
        proxy = True
        default_permissions = ()  # those of offers
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")

    @property
    def is_with_code(self) -> bool:
        """Return whether shoppers need a discount code."""
        return self.offer_type == self.VOUCHER

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return start and end. With codes, those of the codes decide; without a query if the row
        was read `with_rules`."""
        if not self.is_with_code:
            return self.start_datetime, self.end_datetime
        if not hasattr(self, "codes_start"):
            dates = self.vouchers.aggregate(Min("start_datetime"), Max("end_datetime"))
            self.codes_start, self.codes_end = dates.values()
        return self.codes_start, self.codes_end

    @property
    def state(self) -> State:
        """Return the state at this moment."""
        start, end = self.period
        if self.status == self.SUSPENDED:
            return State.SUSPENDED
        if self.status == self.CONSUMED:
            return State.USED_UP
        if end and end < timezone.now():
            return State.ENDED
        return State.SCHEDULED if start and start > timezone.now() else State.ACTIVE
