"""A product's specifications: its attribute values as text."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import strip_tags

from catalog import queries
from catalog.attribute_values import name_and_unit, with_unit


@dataclass(frozen=True, slots=True)
class Specification:
    """One attribute of one product, as shown."""

    code: str
    name: str
    value: str


def specifications_of(products: Iterable[int]) -> dict[int, list[Specification]]:
    """Return the specifications of each product, in the order of its product type.

    One query; one more where an attribute has several options at once.
    """
    values = queries.values(list(products))
    several = queries.choices([value.pk for value in values if value.type == "multi_option"])
    found: dict[int, list[Specification]] = defaultdict(list)
    for value in values:
        name, unit = name_and_unit(value.name)
        shown = (
            several.get(value.pk) if value.type == "multi_option" else getattr(value, value.type)
        )
        if shown not in (None, ""):
            text = strip_tags(shown) if value.type == "richtext" else with_unit(shown, unit)
            found[value.product].append(Specification(value.code, name, text))
    return found
