"""What carriers and customs ask about a product: battery, radio, customs, size, safety."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_AMOUNT, Bounds
from microflight.core.history import History
from microflight.core.page_cache import InvalidatesPages

_LARGEST_MM = 10_000


class Battery(models.TextChoices):
    """The cases that postal rules for lithium batteries distinguish."""

    NONE = "none", _("no battery")
    IN_EQUIPMENT = "in-equipment", _("battery built in")
    WITH_EQUIPMENT = "with-equipment", _("battery included separately")
    LOOSE = "loose", _("loose battery")


class Radio(models.TextChoices):
    """The radio bands that regions regulate differently."""

    NONE = "none", _("no radio")
    MHZ_433 = "433", _("433 MHz")
    MHZ_868 = "863-870", _("863–870 MHz")
    MHZ_915 = "902-928", _("902–928 MHz")
    GHZ_2_4 = "2400", _("2.4 GHz")


class ProductFacts(InvalidatesPages, models.Model):
    """The facts of a product. An empty one is unknown; a variant's is its product's.

    `battery_count` counts the batteries in one unit; one of a single cell is a cell for carriers.
    """

    product = models.OneToOneField(
        "catalogue.Product", on_delete=models.CASCADE, related_name="facts"
    )
    battery = models.CharField(_("battery"), max_length=16, choices=Battery.choices, blank=True)
    battery_count = models.PositiveSmallIntegerField(_("batteries"), null=True, blank=True)
    battery_cells = models.PositiveSmallIntegerField(
        _("cells in each battery"), null=True, blank=True
    )
    battery_wh = models.DecimalField(
        _("energy of each battery (Wh)"), max_digits=7, decimal_places=3, null=True, blank=True
    )
    radio = models.CharField(_("radio"), max_length=16, choices=Radio.choices, blank=True)
    hs6 = models.CharField(
        _("HS code"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^[0-9]{6}\Z", _("Enter 6 digits."))],
        help_text=_("6 digits, required by EU countries."),
    )
    hs10 = models.CharField(
        _("US tariff code"),
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^[0-9]{10}\Z", _("Enter 10 digits."))],
        help_text=_("10 digits: the HS code and 4 more."),
    )
    origin = models.ForeignKey(
        "address.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("country of origin"),
    )
    cusma = models.BooleanField(_("originates under CUSMA"), null=True, blank=True)
    cusma_evidence = models.CharField(_("evidence"), max_length=200, blank=True)
    cusma_expires_on = models.DateField(_("evidence expires on"), null=True, blank=True)
    customs_description = models.CharField(
        _("customs description"), max_length=100, blank=True, help_text=_("In English.")
    )
    customs_value = models.DecimalField(
        _("customs unit value (CAD)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("If it is not the price."),
    )
    length_mm = models.PositiveSmallIntegerField(_("packed length (mm)"), null=True, blank=True)
    width_mm = models.PositiveSmallIntegerField(_("width (mm)"), null=True, blank=True)
    height_mm = models.PositiveSmallIntegerField(_("height (mm)"), null=True, blank=True)
    manufacturer = models.CharField(
        _("manufacturer"), max_length=300, blank=True, help_text=_("Name and postal address.")
    )
    safety_contact = models.CharField(
        _("EU safety contact"),
        max_length=300,
        blank=True,
        help_text=_("Name, postal address and email of the responsible person in the EU."),
    )

    history = History()

    class Meta:
        verbose_name = _("product facts")
        verbose_name_plural = _("product facts")
        constraints = [
            Bounds("battery_count", 0, 1000),
            Bounds("battery_cells", 0, 100),
            Bounds("battery_wh", 0, 1000),
            Bounds("customs_value", 0, MAX_AMOUNT),
            Bounds("length_mm", 1, _LARGEST_MM),
            Bounds("width_mm", 1, _LARGEST_MM),
            Bounds("height_mm", 1, _LARGEST_MM),
        ]

    def __str__(self) -> str:
        return gettext("Facts of product %(pk)s") % {"pk": self.product_id}

    def clean(self) -> None:
        """Reject a US code of another HS code."""
        if self.hs6 and self.hs10 and not self.hs10.startswith(self.hs6):
            raise ValidationError({"hs10": gettext("It starts with the HS code.")})

    @property
    def has_battery(self) -> bool:
        """Tell whether it has a lithium battery; False if that is unknown."""
        return self.battery not in ("", Battery.NONE)

    @property
    def wh_per_cell(self) -> Decimal | None:
        """Return the energy of each cell in Wh, or None if it is unknown."""
        if self.battery_wh is None or not self.battery_cells:
            return None
        return self.battery_wh / self.battery_cells

    def originates_under_cusma(self, day: date) -> bool:
        """Tell whether there is evidence of the origin that is valid on a day."""
        valid = self.cusma_expires_on is None or self.cusma_expires_on >= day
        return bool(self.cusma and self.cusma_evidence and valid)

    def inheriting(self, parent: Self | None) -> Self:
        """Return these facts, not to be saved, with those of the product where they are empty."""
        facts = {name: getattr(self, name) for name in FACTS}
        if parent is not None:
            empty = [name for name, value in facts.items() if value in (None, "")]
            facts |= {name: getattr(parent, name) for name in empty}
        return type(self)(product_id=self.product_id, **facts)


#: The names of the facts, as columns.
FACTS = tuple(
    field.attname
    for field in ProductFacts._meta.concrete_fields
    if field.name not in ("id", "product")
)


def facts_of(products: Iterable[Any]) -> dict[int, ProductFacts]:
    """Return the facts of products and variants by their ID, inherited ones too. One query; none
    for the lines of a cart, which are loaded with facts."""
    found: dict[int, ProductFacts] = {}
    missing = []
    for product in products:
        if _are_loaded(product):
            own = getattr(product, "facts", None) or ProductFacts(product_id=product.pk)
            parent = product.parent and getattr(product.parent, "facts", None)
            found[product.pk] = own.inheriting(parent)
        else:
            missing.append(product)
    return found | (_read(missing) if missing else {})


def _are_loaded(product: Any) -> bool:
    facts, parent = type(product).facts, type(product).parent
    if not facts.is_cached(product) or product.parent_id is None:
        return facts.is_cached(product)
    return parent.is_cached(product) and facts.is_cached(product.parent)


def _read(products: list[Any]) -> dict[int, ProductFacts]:
    parents: dict[int, int | None] = {product.pk: product.parent_id for product in products}
    wanted = Q(product__in=parents) | Q(product__in=[pk for pk in parents.values() if pk])
    stored: dict[int | None, ProductFacts] = {
        row.product_id: row for row in ProductFacts.objects.filter(wanted)
    }
    return {
        pk: stored.get(pk, ProductFacts(product_id=pk)).inheriting(stored.get(parent))
        for pk, parent in parents.items()
    }
