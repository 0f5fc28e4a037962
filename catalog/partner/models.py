"""Stock: counted, promised to orders, or on its way."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from oscar.apps.partner.abstract_models import AbstractStockRecord

from microflight.core.page_cache import InvalidatesPages

if TYPE_CHECKING:
    from accounts.users.models import User


#: The columns that only the ledger writes.
LEVELS = frozenset({"num_in_stock", "num_allocated"})


class EditedBlind(Exception):
    """Somebody tried to set a stock level past the ledger; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "Stock levels are moved, not set: use catalog.partner.ledger (receive, count, "
            "correct, reserve, release, ship, take_back)."
        )


class StockRecordQuerySet(models.QuerySet["StockRecord"]):
    """Stock rows. Their levels move through the ledger; a new row opens its own account there."""

    def update(self, **columns: Any) -> int:
        """Change columns other than the levels. Raises EditedBlind for those."""
        if LEVELS & columns.keys():
            raise EditedBlind
        return super().update(**columns)

    def move(self, **columns: Any) -> int:
        """For the ledger alone, which writes a row about it: change levels in one statement."""
        return super().update(**columns)

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        """Write many new rows, each with what it opens with in the ledger."""
        if options.get("update_conflicts") or options.get("ignore_conflicts"):
            raise EditedBlind  # whose levels would stand is not known
        with transaction.atomic(savepoint=False):
            made = super().bulk_create(objs, *args, **options)
            StockMovement.objects.bulk_create(
                (row for row in map(opening, made) if row), batch_size=options.get("batch_size")
            )
        return made


class StockRecord(InvalidatesPages, AbstractStockRecord):
    """What one holder of stock has of a product, and its price in CAD before tax."""

    backorder = models.BooleanField(
        "may be ordered when out of stock", default=False, help_text="Ships when stock comes in."
    )
    expected_on = models.DateField("next delivery expected", null=True, blank=True)

    #: Who counted the pieces that a new row starts with.
    opened_by: "User | None" = None

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

    def __str__(self) -> str:
        return self.partner_sku  # Oscar's asks for partner and product

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> "StockRecord":
        """Load a row, and remember its levels as they were."""
        row = super().from_db(*args, **options)
        row._remember_levels()
        return row

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Load the row again."""
        super().refresh_from_db(*args, **options)
        self._remember_levels()

    def save(self, *args: Any, **options: Any) -> None:
        """Write everything but the levels; a new row opens its account in the ledger.

        Raises EditedBlind, and writes nothing, where a level of a known row was set by hand.
        """
        if self._state.adding:
            with transaction.atomic(savepoint=False):
                super().save(*args, **options)
                if row := opening(self):
                    row.save(force_insert=True)
            self._remember_levels()
            return
        wanted = options.get("update_fields")
        read = getattr(self, "_levels_read", None)  # none where it was not loaded by the ORM
        if (read is not None and self._levels() != read) or LEVELS & set(wanted or ()):
            raise EditedBlind
        if wanted is None:  # what an order moves at this moment must not be written back
            options["update_fields"] = self._columns_but_levels()
        super().save(*args, **options)

    def _levels(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in LEVELS if name in self.__dict__}

    def _remember_levels(self) -> None:
        self._levels_read = self._levels()

    def _columns_but_levels(self) -> list[str]:
        deferred = self.get_deferred_fields()
        return [
            field.name
            for field in self._meta.concrete_fields
            if not field.primary_key and field.name not in LEVELS and field.attname not in deferred
        ]


class StockMove(models.TextChoices):
    """What moved pieces. A sale is a promise to an order; a shipment takes it off the shelf."""

    RECEIPT = "receipt", "received"
    SALE = "sale", "promised to an order"
    RELEASE = "release", "promise given back"
    SHIPMENT = "shipment", "shipped"
    RETURN = "return", "back on the shelf"
    COUNT = "count", "counted"
    CORRECTION = "correction", "corrected"


class LedgerIsFinal(Exception):
    """A row of the ledger is never changed or deleted: what was wrong is corrected by another."""

    def __init__(self) -> None:
        super().__init__("The stock ledger is only added to. Write a correction instead.")


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """The ledger: read it, add to it."""

    def update(self, **columns: Any) -> int:
        """Refuse."""
        raise LedgerIsFinal

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise LedgerIsFinal


class StockMovement(models.Model):
    """One line of the stock ledger. Its sums are the levels of the stock record.

    The rows of a product that was deleted stay, hence no constraint on the stock record.
    """

    stockrecord = models.ForeignKey(
        StockRecord,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the index with the row's own key serves
        related_name="movements",
    )
    kind = models.CharField(max_length=10, choices=StockMove.choices)
    shelf_change = models.IntegerField("on the shelf", default=0, help_text="Pieces.")
    promised_change = models.IntegerField("promised", default=0, help_text="Pieces.")
    about = models.CharField(max_length=64, blank=True, help_text="E.g. order:100014.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,  # every sale writes a row; who deletes a member of staff can wait
        related_name="+",
    )
    why = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(default=timezone.now)
    # of the form that staff sent: sent twice, it acts once
    key = models.CharField(max_length=64, blank=True, editable=False)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "stock movement"
        verbose_name_plural = "stock ledger"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["stockrecord", "id"], name="ledger_of_a_record"),
            models.Index(fields=["about"], name="ledger_by_cause", condition=~Q(about="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stockrecord", "key"], condition=~Q(key=""), name="a_form_acts_once"
            )
        ]
        permissions = [
            ("receive_stock", "Can receive deliveries into stock"),
            ("count_stock", "Can count stock"),
            ("correct_stock", "Can correct stock with a reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shelf_change:+d}/{self.promised_change:+d}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the row. Raises LedgerIsFinal for one that is there already."""
        if not self._state.adding:
            raise LedgerIsFinal
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise LedgerIsFinal


def opening(record: StockRecord) -> StockMovement | None:
    """Return the ledger row that a new record starts with, not saved; None where it is empty."""
    shelf, promised = record.num_in_stock or 0, record.num_allocated or 0
    if not shelf and not promised:
        return None
    return StockMovement(
        stockrecord=record,
        kind=StockMove.RECEIPT,
        shelf_change=shelf,
        promised_change=promised,
        by=record.opened_by,
        why=f"Opening stock of {record.partner_sku}",
    )


from oscar.apps.partner.models import *  # type: ignore[assignment]  # noqa: E402, F403
