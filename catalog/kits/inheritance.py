"""What a kit inherits from its components: weight, facts, and its price divided over them."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from catalog.facts import Battery, ProductFacts, Radio, facts_of
from catalog.kits.models import KitComponent
from microflight.core.money import allocate, to_cents

#: From the most to the least restricted; unknown facts are more restricted than known ones.
_BATTERIES = (Battery.LOOSE, "", Battery.WITH_EQUIPMENT, Battery.IN_EQUIPMENT, Battery.NONE)


class Component(Protocol):
    """A product, how many of it are in the kit, and the price of these units."""

    @property
    def component(self) -> Any: ...
    @property
    def quantity(self) -> int: ...
    @property
    def price(self) -> Decimal: ...


def kits_with(products: Collection[int]) -> QuerySet:
    """Return the IDs of the kits that contain these products or variants of them."""
    inside = Q(component__in=products) | Q(component__parent__in=products)
    return KitComponent.objects.filter(inside).order_by().values("kit_id")


def weight_of(components: Iterable[Component]) -> Decimal:
    """Return the weight of a kit in grams."""
    return sum((each.component.weight_g * each.quantity for each in components), Decimal(0))


def battery_of(components: Iterable[Component]) -> ProductFacts:
    """Return the battery and radio facts of a kit, not to be saved.

    The most restricted battery type counts, for example loose. Cells and energy are known if they
    are the same for all batteries.
    """
    components = list(components)
    facts = facts_of([each.component for each in components])
    pairs = [(facts[each.component.pk], each.quantity) for each in components]
    types = {own.battery for own, _quantity in pairs}
    powered = [(own, quantity) for own, quantity in pairs if own.has_battery]
    counts = [own.battery_count and own.battery_count * quantity for own, quantity in powered]
    radios = {own.radio for own, _quantity in pairs if own.radio != Radio.NONE}
    return ProductFacts(
        battery=next((one for one in _BATTERIES if one in types), ""),
        battery_count=sum(filter(None, counts)) if counts and all(counts) else None,
        battery_cells=_common(own.battery_cells for own, _quantity in powered),
        battery_wh=_common(own.battery_wh for own, _quantity in powered),
        radio=_common(radios) or ("" if radios else Radio.NONE),
    )


def _common(values: Iterable[Any]) -> Any:
    """Return the value that all have, or None."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def price_shares(cents: int, components: Sequence[Component]) -> list[int]:
    """Divide cents over the components in proportion to their separate prices; they add up."""
    return allocate(cents, [to_cents(each.price) for each in components])


def needs_of(product: Any, stockrecord: Any, quantity: int) -> list[tuple[Any, int, str]]:
    """Return the tracked stock that some units need: record, quantity, title of the product.

    A kit needs the stock of its components.
    """
    if not product.is_kit:
        return [(stockrecord, quantity, product.get_title())] if product.tracks_stock else []
    return [
        (each.stockrecord, each.quantity * quantity, each.component.get_title())
        for each in product.components
        if each.component.tracks_stock and each.stockrecord
    ]
