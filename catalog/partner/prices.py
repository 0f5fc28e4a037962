"""Every price a stock record had, and whether its price is shown as reduced.

Directive 98/6/EC, article 6a (added by Directive (EU) 2019/2161, "Omnibus"): an announcement of a
price reduction states the prior price, which is the lowest price that the trader applied in a
period of at least 30 days before the reduction.
https://eur-lex.europa.eu/eli/dir/1998/6/2022-05-28

A database trigger writes the history and `StockRecord.prior_price`, so that no way to change a
price (admin, seed, a queryset, plain SQL) leaves it out: `migrations/0015_price_triggers.py`. Staff
decide until when a reduction is announced: `StockRecord.sale_until`.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_AMOUNT, Bounds

#: The period of article 6a; the triggers have it, too.
PERIOD = timedelta(days=30)


class PriceChange(models.Model):
    """A price of a stock record from a moment on, in CAD before tax; none: it was not for sale.

    Only the trigger writes it.
    """

    stockrecord = models.ForeignKey(
        "partner.StockRecord",
        on_delete=models.CASCADE,
        db_index=False,  # the index on record and time serves
        related_name="price_changes",
    )
    price = models.DecimalField(
        _("price (CAD, before tax)"), max_digits=12, decimal_places=2, null=True
    )
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("price change")
        verbose_name_plural = _("price history")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["stockrecord", "at"], name="prices_of_a_record")]
        constraints = [Bounds("price", 0, MAX_AMOUNT)]

    def __str__(self) -> str:
        return f"{self.price} from {self.at:%Y-%m-%d}"


def check_reduction(record: int) -> None:
    """Raise ValidationError if the price of a stock record is too old to be called reduced."""
    recent = PriceChange.objects.filter(stockrecord=record, at__gt=timezone.now() - PERIOD)
    if not recent.exists():
        text = _("The price was not changed in the last 30 days, so it is not a reduction.")
        raise ValidationError({"sale_until": text})


def on_sale(day: date) -> Q:
    """Return the condition that the price of a stock record is shown as reduced on a day."""
    return Q(prior_price__isnull=False, sale_until__gte=day)


def shown_prior_price(prior: Decimal | None, until: date | None, day: date) -> Decimal | None:
    """Return the prior price (CAD) if the price is shown as reduced on a day: `on_sale` for the
    columns of one record."""
    return prior if prior is not None and until is not None and until >= day else None
