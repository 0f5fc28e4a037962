"""Shipping rules: what carriers and laws allow to a destination, as rows that staff change.

A rule either refuses what goes to its places at all, looks at each product, or limits a parcel.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.facts import FACTS, Battery, ProductFacts, Radio
from checkout.shipping.destination import Destination
from checkout.shipping.places import is_in, validate_places
from microflight.core.bounds import MAX_AMOUNT, Bounds
from microflight.core.sourced_rows import SourcedRow

#: The most grams and millimetres that staff can enter: a ton, and 10 m.
MAX_GRAMS = 1_000_000
MAX_MM = 10_000
_MAX_CELLS = 1000


class RuleType(models.TextChoices):
    """What a rule limits."""

    CLOSED = "closed", _("closed destination")
    SUSPENDED = "suspended", _("carrier suspended")
    FRENCH = "french", _("French texts required")
    BATTERY = "battery", _("accepted battery types")
    CELL_WH = "cell-wh", _("Wh in each cell")
    BATTERY_WH = "battery-wh", _("Wh in each battery")
    RADIO = "radio", _("accepted radio bands")
    FACTS = "facts", _("required product facts")
    CELLS = "cells", _("cells or batteries in a parcel")
    VALUE = "value", _("value of a parcel (CAD)")
    WEIGHT = "weight", _("weight of a parcel (g)")
    SIZE = "size", _("size of a parcel (mm)")


#: These refuse every cart.
ALWAYS = (RuleType.CLOSED, RuleType.SUSPENDED, RuleType.FRENCH)
#: The fields of each type; the others stay empty.
_FIELDS: dict[str, tuple[str, ...]] = {
    RuleType.SUSPENDED: ("starts_on",),
    RuleType.CELL_WH: ("maximum",),
    RuleType.BATTERY_WH: ("maximum",),
    RuleType.CELLS: ("maximum", "max_batteries"),
    RuleType.VALUE: ("maximum",),
    RuleType.WEIGHT: ("maximum",),
    RuleType.SIZE: ("length_mm", "width_mm", "height_mm"),
}
_LIMITS = ("maximum", "max_batteries", "length_mm", "width_mm", "height_mm")
#: What `accepted` of a type may list.
ACCEPTED: dict[str, tuple[str, ...]] = {
    RuleType.BATTERY: tuple(value for value in Battery.values if value != Battery.NONE),
    RuleType.RADIO: tuple(value for value in Radio.values if value != Radio.NONE),
    RuleType.FACTS: tuple(name.removesuffix("_id") for name in FACTS),
}


class Item(Protocol):
    """One product of a cart: its facts, and the value of a unit in CAD before tax."""

    @property
    def facts(self) -> ProductFacts: ...
    @property
    def value(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Breach:
    """A product that a rule refuses; `missing` names the facts that are unknown."""

    missing: tuple[str, ...] = ()


class ShippingRule(SourcedRow):
    """One limit on what goes to some places with some methods. What breaks it is never offered."""

    code = models.SlugField(_("code"), unique=True)
    type = models.CharField(_("rule"), max_length=16, choices=RuleType.choices)
    reason = models.CharField(_("reason"), max_length=300, help_text=_("Shoppers read it."))
    places = models.TextField(
        _("destinations"),
        blank=True,
        validators=[validate_places],
        help_text=_("Such as DE FR, CA-QC or GB:BT (postal codes). Empty: everywhere."),
    )
    except_places = models.BooleanField(_("everywhere but these destinations"), default=False)
    methods = models.CharField(
        _("shipping methods"),
        max_length=300,
        blank=True,
        help_text=_("Codes, such as us-packet. Empty: all but pickup."),
    )
    accepted = models.CharField(
        _("accepted or required"),
        max_length=300,
        blank=True,
        help_text=_("Battery types, radio bands or names of facts; empty accepts none of them."),
    )
    maximum = models.DecimalField(
        _("maximum"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    max_batteries = models.PositiveSmallIntegerField(
        _("or batteries of several cells"), null=True, blank=True
    )
    length_mm = models.PositiveSmallIntegerField(_("length (mm)"), null=True, blank=True)
    width_mm = models.PositiveSmallIntegerField(_("width (mm)"), null=True, blank=True)
    height_mm = models.PositiveSmallIntegerField(_("height (mm)"), null=True, blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("shipping rule")
        verbose_name_plural = _("shipping rules")
        constraints = [
            Bounds("maximum", 0, max(MAX_AMOUNT, Decimal(MAX_GRAMS))),
            Bounds("max_batteries", 1, _MAX_CELLS),
            Bounds("length_mm", 1, MAX_MM),
            Bounds("width_mm", 1, MAX_MM),
            Bounds("height_mm", 1, MAX_MM),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")) | models.Q(ends_on=None)
                | models.Q(starts_on=None),
                name="rule_ends_after_its_first_day",
                violation_error_message=_("The last day is before the first day."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Require the fields of the type, and reject those of others."""
        needed = _FIELDS.get(self.type, ())
        errors = {name: gettext("Required.") for name in needed if getattr(self, name) is None}
        other = [name for name in _LIMITS if name not in needed]
        empty = gettext("Leave it empty: this type of rule doesn’t use it.")
        errors |= {name: empty for name in other if getattr(self, name) is not None}
        allowed = ACCEPTED.get(self.type, ())
        if wrong := [word for word in self.accepted.split() if word not in allowed]:
            text = gettext("Unknown: %(word)s. Choose from: %(allowed)s.")
            errors["accepted"] = text % {"word": wrong[0], "allowed": ", ".join(allowed) or "–"}
        if self.type == RuleType.FACTS and not self.accepted:
            errors["accepted"] = gettext("Name the facts that are required.")
        if self.except_places and not self.places:
            errors["places"] = gettext("Name the destinations that are left out.")
        if self.type == RuleType.CELLS and (self.maximum or 0) % 1:
            errors["maximum"] = gettext("Enter a whole number.")
        if errors:
            raise ValidationError(errors)

    # --- where and when ---

    def is_for(self, destination: Destination, on: date) -> bool:
        """Return whether the rule is in force for a destination on a day."""
        if not self.active or (self.starts_on and on < self.starts_on):
            return False
        if self.ends_on and on > self.ends_on:
            return False
        if not self.places:
            return True
        return is_in(destination, self.places) != self.except_places

    def suspends(self, destination: Destination, on: date) -> bool:
        """Return whether it suspends a carrier to a destination until a known day, on a day or
        later."""
        if self.type != RuleType.SUSPENDED or self.starts_on is None or self.ends_on is None:
            return False
        return self.ends_on >= on and self.is_for(destination, self.starts_on)

    def is_for_method(self, method: Any) -> bool:
        """Return whether the rule is about a shipping method. Pickup needs no carrier."""
        if self.methods:
            return method.code in self.methods.split()
        return not method.pickup

    # --- what it refuses ---

    def refuses(self, item: Item) -> Breach | None:
        """Return why no parcel with this item is accepted, or None. Unknown facts are refused."""
        facts = item.facts
        match self.type:
            case RuleType.CLOSED | RuleType.SUSPENDED | RuleType.FRENCH:
                return Breach()
            case RuleType.BATTERY:
                return _choice(facts, "battery", self.accepted)
            case RuleType.RADIO:
                return _choice(facts, "radio", self.accepted)
            case RuleType.FACTS:
                missing = [name for name in self.accepted.split() if _is_missing(facts, name)]
                return Breach(tuple(missing)) if missing else None
            case RuleType.CELL_WH:
                return self._energy(facts, facts.wh_per_cell, ("battery_cells", "battery_wh"))
            case RuleType.BATTERY_WH:
                return self._energy(facts, facts.battery_wh, ("battery_wh",))
            case RuleType.CELLS if facts.has_battery:
                unknown = _unknown(facts, ("battery_count", "battery_cells"))
                return Breach(unknown) if unknown else None
            case RuleType.CELLS if not facts.battery:
                return Breach(("battery",))
        return None

    def _energy(
        self, facts: ProductFacts, energy: Decimal | None, names: tuple[str, ...]
    ) -> Breach | None:
        if not facts.battery:
            return Breach(("battery",))
        if not facts.has_battery:
            return None
        if energy is None:
            return Breach(_unknown(facts, names))
        return Breach() if energy > self._maximum else None

    @property
    def _maximum(self) -> Decimal:
        return self.maximum if self.maximum is not None else Decimal(0)

    # --- how much of it a parcel holds ---

    def count(self, item: Item) -> int:
        """Return how much one unit adds to what `most` limits in a parcel."""
        if self.type == RuleType.VALUE:
            return int(item.value * 100)
        facts = item.facts
        if self.type != RuleType.CELLS or not facts.has_battery:
            return 0
        # "8 cells or 2 batteries": a battery of several cells takes as much as 4 cells
        share = self.max_batteries if facts.battery_cells == 1 else int(self._maximum)
        return (facts.battery_count or 0) * (share or 0)

    @property
    def most(self) -> int | None:
        """Return the limit of `count` in one parcel; None for other types."""
        if self.type == RuleType.VALUE:
            return int(self._maximum * 100)
        if self.type == RuleType.CELLS:
            return int(self._maximum) * (self.max_batteries or 0)
        return None

    @property
    def limits_parcels(self) -> bool:
        """Tell whether it limits what one parcel holds, weighs or measures."""
        return self.type in (RuleType.CELLS, RuleType.VALUE, RuleType.WEIGHT, RuleType.SIZE)

    @property
    def size_mm(self) -> tuple[int, int, int] | None:
        """Return the largest outside of a parcel; None for other types."""
        if self.type != RuleType.SIZE:
            return None
        return (self.length_mm or 0, self.width_mm or 0, self.height_mm or 0)

    @property
    def weight_g(self) -> int | None:
        """Return the highest weight of a parcel; None for other types."""
        return int(self._maximum) if self.type == RuleType.WEIGHT else None


def _choice(facts: ProductFacts, name: str, accepted: str) -> Breach | None:
    value = getattr(facts, name)
    if not value:
        return Breach((name,))
    return None if value == "none" or value in accepted.split() else Breach()


def _is_missing(facts: ProductFacts, name: str) -> bool:
    return getattr(facts, "origin_id" if name == "origin" else name) in (None, "")


def _unknown(facts: ProductFacts, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not getattr(facts, name))
