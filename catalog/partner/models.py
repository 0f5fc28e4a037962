"""Stock: counted, promised to orders, or on its way."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from oscar.apps.partner.abstract_models import AbstractStockRecord

from microflight.page_cache import ForgetsPages


class StockRecordQuerySet(models.QuerySet["StockRecord"]):
    """Moves of stock as single conditional statements: two buyers cannot both win."""

    def take(self, pk: int, quantity: int) -> bool:
        """Promise `quantity` pieces to an order; False, and no change, where too few are free."""
        promised = Coalesce(F("num_allocated"), 0) + quantity
        free = Q(backorder=True) | Q(num_in_stock__gte=promised)
        return bool(self.filter(free, pk=pk).update(num_allocated=promised))

    def give_back(self, pk: int, quantity: int) -> bool:
        """Free pieces that were promised; False, and no change, where fewer were promised."""
        return bool(
            self.filter(pk=pk, num_allocated__gte=quantity).update(
                num_allocated=F("num_allocated") - quantity
            )
        )

    def ship(self, pk: int, quantity: int) -> bool:
        """Take promised pieces off the shelf; False where they are not there."""
        return bool(
            self.filter(pk=pk, num_allocated__gte=quantity, num_in_stock__gte=quantity).update(
                num_allocated=F("num_allocated") - quantity,
                num_in_stock=F("num_in_stock") - quantity,
            )
        )


class StockRecord(ForgetsPages, AbstractStockRecord):
    """What one holder of stock has of a product, and its price in CAD before tax."""

    backorder = models.BooleanField(
        "may be ordered when out of stock", default=False, help_text="Ships when stock comes in."
    )
    expected_on = models.DateField("next delivery expected", null=True, blank=True)

    objects = StockRecordQuerySet.as_manager()

    class Meta(AbstractStockRecord.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(num_allocated__gte=0) | Q(num_allocated__isnull=True),
                name="allocated_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(backorder=True)
                | Q(num_allocated__isnull=True)
                | Q(num_in_stock__gte=F("num_allocated")),
                name="never_oversold",
            ),
        ]


from oscar.apps.partner.models import *  # type: ignore[assignment]  # noqa: E402, F403
