"""The data sheet: attribute values of products in words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from catalog.models import ProductAttributeValue
from catalog.words import name_and_unit, with_unit

_NUMBERS = ("float", "integer")
_NOT_SHOWN = ("file", "image", "entity")


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute of one product."""

    code: str
    name: str
    value: str


def facts_of(products: Iterable[int]) -> dict[int, list[Fact]]:
    """Return the facts of each product, in the order in which its class names them.

    One statement; one more where an attribute has several options at once.
    """
    rows = list(
        ProductAttributeValue.objects.filter(product_id__in=list(products))
        .exclude(attribute__type__in=_NOT_SHOWN)
        .select_related("attribute", "value_option")
        .order_by("attribute_id")
    )
    if many := [row for row in rows if row.attribute.is_multi_option]:
        prefetch_related_objects(many, "value_multi_option")
    found: dict[int, list[Fact]] = defaultdict(list)
    for row in rows:
        name, unit = name_and_unit(row.attribute.name)
        value = row.value if row.attribute.type in _NUMBERS else row.value_as_text
        if value not in (None, ""):
            found[row.product_id].append(Fact(row.attribute.code, name, with_unit(value, unit)))
    return found
