"""Stock records, and the ledger of their movements."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.partner.abstract_models import AbstractStockRecord

from catalog.partner.prices import check_reduction
from catalog.partner.sales import check_sale, price_on
from catalog.skus import sku_key_of
from microflight.core.bounds import FIRST_DAY, LAST_DAY, MAX_AMOUNT, MAX_UNITS, Bounds
from microflight.core.history import History
from microflight.core.page_cache import InvalidatesPages
from microflight.core.row_locks import lock_rows

if TYPE_CHECKING:
    from accounts.users.models import User


#: The columns that only the ledger may write.
LEVELS = frozenset({"num_in_stock", "num_allocated"})
#: The columns that the price in effect follows from, see `sales`.
_TERMS = frozenset({"price", "regular_price", "sale_price", "sale_from", "sale_until"})
#: The columns that `save` leaves alone: an order, a sale, or the trigger of prices writes them.
_NOT_SAVED = LEVELS | {"price", "prior_price"}

_NONE = models.Value(Decimal(-1), models.DecimalField())  # no price


class DirectStockEdit(Exception):
    """A stock level was set without the ledger; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "Stock levels are changed by catalog.partner.ledger only (receive, count, adjust, "
            "reserve, release, ship, restock)."
        )


class StockRecordQuerySet(models.QuerySet["StockRecord"]):
    """Stock records. The ledger changes their levels; a new record gets an opening movement."""

    def update(self, **columns: Any) -> int:
        """Update columns other than the levels, and the price in effect if it follows from them.
        Raises DirectStockEdit for levels."""
        if LEVELS & columns.keys():
            raise DirectStockEdit
        if "price" in columns:
            columns["regular_price"] = columns.pop("price")
        if not _TERMS & columns.keys():
            return super().update(**columns)
        with transaction.atomic(savepoint=False):
            rows = self.model.objects.filter(pk__in=lock_rows(self))
            done = super(StockRecordQuerySet, rows).update(**columns)
            rows.apply_sales(timezone.localdate())
        return done

    @transaction.atomic
    def apply_sales(self, day: date) -> list[int]:
        """Store the price in effect on a day where it is another one; return the products."""
        compared = {"stored": Coalesce("price", _NONE), "due": Coalesce(price_on(day), _NONE)}
        other = self.alias(**compared).exclude(stored=F("due"))
        rows = self.model.objects.filter(pk__in=lock_rows(other))
        super(StockRecordQuerySet, rows).update(price=price_on(day), date_updated=timezone.now())
        return list(rows.values_list("product_id", flat=True))

    def move(self, **columns: Any) -> int:
        """Change levels in one query; for the ledger only, which writes the movement."""
        return super().update(**columns, date_updated=timezone.now())

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        """Create records with their opening movements."""
        if options.get("update_conflicts") or options.get("ignore_conflicts"):
            raise DirectStockEdit  # it is not known which levels would be written
        objs = list(objs)
        for record in objs:
            record.set_first_price()
        with transaction.atomic(savepoint=False):
            made = super().bulk_create(objs, *args, **options)
            StockMovement.objects.bulk_create(
                (row for row in map(opening_movement, made) if row),
                batch_size=options.get("batch_size"),
            )
        return made


class StockRecord(InvalidatesPages, AbstractStockRecord):
    """A supplier's stock of a product, and its price in CAD before tax.

    `price` is the price in effect, which Oscar and all pages read; staff set `regular_price` and a
    sale, and `save` and a job derive it (`sales`). Code that sets `price` sets the regular price.
    """

    backorder = models.BooleanField(
        _("backorder"),
        default=False,
        help_text=_("Continue selling when out of stock; ships when stock arrives."),
    )
    expected_on = models.DateField(_("next delivery expected"), null=True, blank=True)
    cost = models.DecimalField(
        _("cost (CAD)"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What one unit costs us. Only staff see it."),
    )
    prior_price = models.DecimalField(
        _("lowest price of the 30 days before the reduction"),
        max_digits=12,
        decimal_places=2,
        null=True,
        editable=False,  # only the trigger writes it, see `prices`
    )
    sale_until = models.DateField(
        _("sale until"),
        null=True,
        blank=True,
        help_text=_(
            "The last day of the sale. Until then, pages also show the lowest price of the 30 days "
            "before; if it is empty, they never do."
        ),
    )
    sale_price = models.DecimalField(
        _("sale price"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Instead of the price, from “sale from” until “sale until”."),
    )
    sale_from = models.DateField(_("sale from"), null=True, blank=True)
    regular_price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    location = models.CharField(
        _("location"), max_length=32, blank=True, help_text=_("Where it is stored, for pick lists.")
    )

    #: The staff member who entered the opening stock of a new record.
    opened_by: "User | None" = None
    #: The supplier's name, on a form that has several records with this SKU.
    supplier_shown = ""

    objects = StockRecordQuerySet.as_manager()
    #: Of price and terms; the ledger has the levels.
    history = History(
        excluded=("num_in_stock", "num_allocated", "price", "prior_price", "date_created",
                  "date_updated")
    )  # fmt: skip

    class Meta(AbstractStockRecord.Meta):
        constraints = [
            Bounds("price", 0, MAX_AMOUNT),
            Bounds("cost", 0, MAX_AMOUNT),
            Bounds("sale_price", 0, MAX_AMOUNT),
            Bounds("sale_from", FIRST_DAY, LAST_DAY),
            Bounds("regular_price", 0, MAX_AMOUNT),
            Bounds("num_in_stock", 0, MAX_UNITS),
            Bounds("num_allocated", 0, MAX_UNITS),
            Bounds("low_stock_threshold", 0, MAX_UNITS),
            Bounds("expected_on", FIRST_DAY, LAST_DAY),
            Bounds("prior_price", 0, MAX_AMOUNT),
            Bounds("sale_until", FIRST_DAY, LAST_DAY),
            models.CheckConstraint(
                condition=Q(backorder=True)
                | Q(num_allocated__isnull=True)
                | Q(num_allocated=0)
                | Q(num_in_stock__isnull=False, num_in_stock__gte=F("num_allocated")),
                name="never_oversold",
            ),
            models.UniqueConstraint(
                "partner",
                Upper("partner_sku"),
                name="stock_sku_unique_in_any_case",
                violation_error_message=_(
                    "Another product of this supplier has this SKU, perhaps in another case."
                ),
            ),
        ]
        indexes = [models.Index(sku_key_of("partner_sku"), name="stock_sku_search_key")]

    def __str__(self) -> str:
        return self.partner_sku  # Oscar's would query partner and product

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> "StockRecord":
        """Load a record, and remember its levels and price."""
        row = super().from_db(*args, **options)
        row._remember()
        return row

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Load the record again."""
        super().refresh_from_db(*args, **options)
        self._remember()

    def save(self, *args: Any, **options: Any) -> None:
        """Save all columns but the levels, and then the price in effect; a new record also gets
        its opening movement.

        Raises DirectStockEdit, and writes nothing, if a level of an existing record was changed.
        """
        with transaction.atomic(savepoint=False):
            if self._state.adding:
                self.set_first_price()
                super().save(*args, **options)
                if row := opening_movement(self):
                    row.save(force_insert=True)
                has_terms = self.sale_price is not None
            else:
                options["update_fields"] = self._columns_to_save(options.get("update_fields"))
                super().save(*args, **options)
                has_terms = bool(_TERMS & options["update_fields"])
            rows = StockRecord.objects.filter(pk=self.pk)
            if has_terms and (rows.apply_sales(timezone.localdate()) or self._price_is_set()):
                self.refresh_from_db(fields=["price"])
        self._remember()

    def set_first_price(self) -> None:
        """Set the regular price of a new record to its price, or the other way around."""
        if self.regular_price is None:
            self.regular_price = self.price
        self.price = self.regular_price

    def clean(self) -> None:
        """Reject announcing a reduction late: the prior price would be out of date. A scheduled
        sale changes the price on its first day."""
        super().clean()
        if self.sale_price is not None:
            check_sale(self)
            return
        if self._state.adding or self.sale_until is None:
            return
        rows = type(self).objects.filter(pk=self.pk).values_list("regular_price", "sale_until")
        now = self.regular_price, self.sale_until
        if (stored := rows.first()) and stored != now and stored[0] == now[0]:
            check_reduction(self.pk)

    def _levels(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in LEVELS if name in self.__dict__}

    def _remember(self) -> None:
        self._levels_read, self._price_read = self._levels(), self.__dict__.get("price")

    def _price_is_set(self) -> bool:
        """Return whether code set the price of a loaded record."""
        return hasattr(self, "_price_read") and self.__dict__.get("price") != self._price_read

    def _columns_to_save(self, update_fields: Any) -> set[str]:
        """Return the columns to save of an existing record. Raises DirectStockEdit for levels."""
        read = getattr(self, "_levels_read", None)  # None if the ORM did not load it
        if (read is not None and self._levels() != read) or LEVELS & set(update_fields or ()):
            raise DirectStockEdit
        columns = set(self._saved_columns() if update_fields is None else update_fields)
        if self._price_is_set() and (update_fields is None or "price" in columns):
            self.regular_price = self.price
            columns.add("regular_price")
        return columns - {"price"}

    def _saved_columns(self) -> list[str]:
        deferred = self.get_deferred_fields()
        return [
            field.name
            for field in self._meta.concrete_fields
            if not field.primary_key
            and field.name not in _NOT_SAVED
            and field.attname not in deferred
        ]


class MovementType(models.TextChoices):
    """Why stock changed. A sale commits stock to an order; a shipment removes it."""

    RECEIPT = "receipt", _("received")
    SALE = "sale", _("committed to an order")
    RELEASE = "release", _("released")
    SHIPMENT = "shipment", _("shipped")
    RETURN = "return", _("restocked")
    COUNT = "count", _("stock count")
    ADJUSTMENT = "adjustment", _("adjusted")


class LedgerIsAppendOnly(Exception):
    """A movement is never changed or deleted: a mistake is fixed by an adjustment."""

    def __init__(self) -> None:
        super().__init__("The stock ledger is append-only. Adjust the stock instead.")


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """The ledger, which is append-only."""

    def update(self, **columns: Any) -> int:
        """Raise LedgerIsAppendOnly."""
        raise LedgerIsAppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raise LedgerIsAppendOnly."""
        raise LedgerIsAppendOnly


class StockMovement(models.Model):
    """An entry of the stock ledger. The entries of a stock record add up to its levels.

    Movements of deleted products remain, so the foreign key has no constraint.
    """

    stockrecord = models.ForeignKey(
        StockRecord,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the index on record and ID serves
        related_name="movements",
    )
    type = models.CharField(_("type"), max_length=10, choices=MovementType.choices)
    on_hand_change = models.IntegerField(_("on hand"), default=0, help_text=_("Units."))
    committed_change = models.IntegerField(_("committed"), default=0, help_text=_("Units."))
    reference = models.CharField(
        _("reference"), max_length=64, blank=True, help_text=_("E.g. order:100014.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,  # every sale writes a row; staff are rarely deleted
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)
    # of the submitted form: submitted twice, it acts once
    key = models.CharField(max_length=64, blank=True, editable=False)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock ledger")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["stockrecord", "id"], name="ledger_of_a_record"),
            models.Index(
                fields=["reference"], name="ledger_by_reference", condition=~Q(reference="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stockrecord", "key"], condition=~Q(key=""), name="a_form_acts_once"
            ),
            Bounds("on_hand_change", -MAX_UNITS, MAX_UNITS),
            Bounds("committed_change", -MAX_UNITS, MAX_UNITS),
        ]
        permissions = [
            ("receive_stock", "Can receive stock"),
            ("count_stock", "Can count stock"),
            ("adjust_stock", "Can adjust stock with a reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.on_hand_change:+d}/{self.committed_change:+d}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the movement. Raises LedgerIsAppendOnly for an existing one."""
        if not self._state.adding:
            raise LedgerIsAppendOnly
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Raise LedgerIsAppendOnly."""
        raise LedgerIsAppendOnly


def opening_movement(record: StockRecord) -> StockMovement | None:
    """Return the first movement of a new record, not saved; None if its stock is zero."""
    on_hand, committed = record.num_in_stock or 0, record.num_allocated or 0
    if not on_hand and not committed:
        return None
    return StockMovement(
        stockrecord=record,
        type=MovementType.RECEIPT,
        on_hand_change=on_hand,
        committed_change=committed,
        by=record.opened_by,
        reason=f"Opening stock of {record.partner_sku}",
    )


from oscar.apps.partner.models import *  # type: ignore[assignment]  # noqa: E402, F403
