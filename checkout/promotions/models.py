"""Promotions: Oscar's offers as staff create them, in one form."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Max, Min
from django.db.models.functions import Coalesce
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
        """Select condition, benefit and range; annotate start and end (of codes, if there are
        any: Oscar then ignores those of the offer)."""
        return self.select_related("condition__range", "benefit__range").annotate(
            starts=Coalesce(Min("vouchers__start_datetime"), "start_datetime"),
            ends=Coalesce(Max("vouchers__end_datetime"), "end_datetime"),
        )


class Promotion(page_cache.InvalidatesPages, ConditionalOffer):
    """An offer with its rules, product range and discount codes."""

    starts: datetime | None
    ends: datetime | None

    objects: ClassVar[Any] = PromotionQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")

    @property
    def is_with_code(self) -> bool:
        """Return whether shoppers need a discount code."""
        return self.offer_type == self.VOUCHER

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return start and end; without a query if the row was read `with_rules`."""
        if not hasattr(self, "starts"):
            read = Promotion.objects.with_rules().get(pk=self.pk)
            self.starts, self.ends = read.starts, read.ends
        return self.starts, self.ends

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
