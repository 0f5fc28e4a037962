"""Scheduled publishing: a product becomes public, and later not public, at times staff set.

A job turns `is_public` on and off (`catalog.tasks`), because pages, lists and the cart read that
column, and because it invalidates cached pages and records redirects like a change by staff.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.row_locks import lock_rows


class Schedulable(models.Model):
    """The times at which a product is published and withdrawn; both are cleared when done."""

    publish_at = models.DateTimeField(
        _("publish at"), null=True, blank=True, help_text=_("Saskatchewan time. Hidden until then.")
    )
    withdraw_at = models.DateTimeField(
        _("withdraw at"), null=True, blank=True, help_text=_("From then on it is hidden.")
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Reject a product that would be withdrawn before it is published."""
        super().clean()
        if self.publish_at and self.withdraw_at and self.withdraw_at <= self.publish_at:
            raise ValidationError({"withdraw_at": _("Enter a time after “publish at”.")})


def due(now: datetime) -> Q:
    """Return the condition that a product is to be published or withdrawn."""
    return Q(publish_at__lte=now) | Q(withdraw_at__lte=now)


@transaction.atomic
def apply_schedule(products: models.QuerySet[Any]) -> list[Any]:
    """Publish and withdraw the products that are due; return them.

    Of both times in the past, the later one decides. Safe to run twice at once.
    """
    now = timezone.now()
    rows = list(products.filter(pk__in=lock_rows(products.filter(due(now)))))
    for product in rows:
        times = {"publish_at": product.publish_at, "withdraw_at": product.withdraw_at}
        past = {name: at for name, at in times.items() if at and at <= now}
        product.is_public = max(past, key=lambda name: past[name]) == "publish_at"
        for name in past:
            setattr(product, name, None)
        product.save(update_fields=["is_public", *times])
    return rows
