"""Invoices and credit notes: immutable, and numbered without gaps. Facts that documents print."""

import hashlib
import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_AMOUNT, Bounds
from microflight.core.money import MAXIMUM_CHARGE
from microflight.core.sourced_rows import SourcedRow


class DocumentType(models.TextChoices):
    """The types of documents, each with its own sequence of numbers."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit-note", _("Credit note")
    REVERSAL = "reversal", _("Credit note reversal")


PREFIXES: dict[str, str] = {
    DocumentType.INVOICE: "INV",
    DocumentType.CREDIT_NOTE: "CN",
    DocumentType.REVERSAL: "CNR",
}


class DocumentImmutable(Exception):
    """An attempt to change or delete an issued document."""

    def __init__(self) -> None:
        super().__init__("An issued document is immutable. Issue a credit note instead.")


class DocumentSequence(models.Model):
    """The last number of a type. Its row lock makes numbers gapless: a transaction that rolls back
    takes no number, and the next one waits until it ends."""

    type = models.CharField(max_length=12, choices=DocumentType.choices, unique=True)
    last_number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.type} {self.last_number}"


class IssuedDocument(models.Model):
    """An invoice, a credit note for a refund, or the reversal of one whose refund failed.

    `content` is everything that the PDF prints, as text (see `pdf_document`), and never changes:
    PostgreSQL rejects changes and deletions with triggers as well.
    """

    type = models.CharField(_("type"), max_length=12, choices=DocumentType.choices)
    number = models.PositiveIntegerField(_("number"))
    order = models.ForeignKey(
        "order.Order", on_delete=models.PROTECT, related_name="documents", verbose_name=_("order")
    )
    refund = models.ForeignKey(
        "payment.Transaction",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="documents",
        verbose_name=_("refund"),
    )
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    total_cents = models.PositiveIntegerField(_("total (cents)"))
    content = models.JSONField(_("content"))
    sha256 = models.CharField(
        _("SHA-256"), max_length=64, help_text=_("Hash of the content as canonical JSON.")
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("invoice or credit note")
        verbose_name_plural = _("invoices and credit notes")
        constraints = [
            models.UniqueConstraint(fields=["type", "number"], name="document_number_is_unique"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(type="invoice"), name="one_invoice_per_order"
            ),
            models.UniqueConstraint(fields=["type", "refund"], name="one_document_per_refund"),
            models.CheckConstraint(
                condition=Q(type="invoice", refund=None)
                | ~Q(type="invoice") & Q(refund__isnull=False),
                name="credit_notes_have_a_refund",
            ),
            Bounds("number", 1, 2**31 - 1),
            Bounds("total_cents", 0, MAXIMUM_CHARGE),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **options: Any) -> None:
        """Save a new document with its hash. Raises DocumentImmutable for an issued one."""
        if not self._state.adding:
            raise DocumentImmutable
        self.sha256 = content_hash(self.content)
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise DocumentImmutable

    @property
    def code(self) -> str:
        """Return the number with the prefix of its type, such as INV-000012."""
        return document_code(self.type, self.number)

    @property
    def filename(self) -> str:
        return f"{self.code}.pdf"


class ExportReason(models.TextChoices):
    """Why a parcel crosses a border, as on CN22 and CN23 (Universal Postal Union)."""

    SALE = "sale", _("Sale of goods")
    RETURN = "returned-goods", _("Returned goods")
    GIFT = "gift", _("Gift")
    SAMPLE = "sample", _("Commercial sample")
    OTHER = "other", _("Other")


class NonDelivery(models.TextChoices):
    """What the carrier does with a parcel that cannot be delivered."""

    RETURN = "return", _("Return to sender")
    ABANDON = "abandon", _("Treat as abandoned")


class CustomsDeclaration(models.Model):
    """The CN22/CN23 data of an international shipment, frozen when it was created: later changes
    of products and addresses change nothing, and PostgreSQL rejects changes with a trigger."""

    shipment = models.OneToOneField(
        "order.ShippingEvent", on_delete=models.PROTECT, related_name="customs"
    )
    reason = models.CharField(max_length=16, choices=ExportReason.choices)
    non_delivery = models.CharField(max_length=8, choices=NonDelivery.choices)
    declaration_id = models.CharField(max_length=13, blank=True, help_text=_("US shipments only."))
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"customs of shipment {self.shipment_id}"


class CustomsFormLimit(SourcedRow):
    """Up to which value and weight a parcel takes the short customs form, CN22; CN23 above."""

    starts_on = models.DateField(_("first day"), unique=True)
    cn22_value = models.DecimalField(_("CN22 up to (CAD)"), max_digits=8, decimal_places=2)
    cn22_grams = models.PositiveIntegerField(_("CN22 up to (g)"))

    class Meta:
        ordering = ["starts_on"]
        verbose_name = _("customs form limit")
        verbose_name_plural = _("customs form limits")
        constraints = [Bounds("cn22_value", 0, MAX_AMOUNT), Bounds("cn22_grams", 0, 30_000)]

    def __str__(self) -> str:
        return gettext("Limits from %(day)s") % {"day": self.starts_on}


class BatteryMark(SourcedRow):
    """A version of the lithium battery mark, by the days on which parcels may carry it."""

    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for no last day.")
    )
    with_phone = models.BooleanField(_("has a phone number"), default=False)
    width_mm = models.PositiveSmallIntegerField(_("width (mm)"), default=100)
    height_mm = models.PositiveSmallIntegerField(_("height (mm)"), default=70)

    class Meta:
        ordering = ["starts_on"]
        verbose_name = _("lithium battery mark")
        verbose_name_plural = _("lithium battery marks")
        constraints = [
            models.UniqueConstraint(fields=["starts_on"], name="one_battery_mark_per_start"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="battery_mark_ends_after_it_starts",
                violation_error_message=_("The last day is not before the first day."),
            ),
            Bounds("width_mm", 50, 170),
            Bounds("height_mm", 50, 170),
        ]

    def __str__(self) -> str:
        return gettext("Mark from %(day)s") % {"day": self.starts_on}


def document_code(document_type: str, number: int) -> str:
    """Return a number with the prefix of its type, such as INV-000012."""
    return f"{PREFIXES[document_type]}-{number:06d}"


def content_hash(content: Any) -> str:
    """Return the SHA-256, in hex, of JSON in its canonical form: equal content, equal hash."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
