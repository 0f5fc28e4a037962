"""Which products of a cart belong to which ranges: two queries for all of them."""

from collections import defaultdict
from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from catalog.models import ProductCategory
from checkout.offers.models import Range
from microflight.core.compiled_query import CompiledQuery

#: kind of rule -> pairs of (range, product or class number, category path)
_Rules = dict[str, dict[int, set[Any]]]


def members_by_range(ranges: list[Range], basket: Any) -> dict[int, frozenset[int]]:
    """Return the ids of the cart's products in each range, by the range's id.

    The rules are Oscar's: a variant belongs where it or its parent does, a category brings all
    below it, and what is left out always wins.
    """
    if not ranges:
        return {}
    products = {line.product_id: line.product for line in basket.all_lines()}
    rules = _rules_of([each.pk for each in ranges])
    paths = _category_paths(products.values())
    return {
        each.pk: frozenset(
            pk for pk, product in products.items() if _contains(each, product, rules, paths)
        )
        for each in ranges
    }


def _contains(each: Range, product: Any, rules: _Rules, paths: dict[int, set[str]]) -> bool:
    ids = {product.pk, product.parent_id}
    above = paths[product.parent_id or product.pk]

    def touches(kind: str) -> bool:
        marked = rules[kind][each.pk]
        return any(path.startswith(mark) for path in above for mark in marked)

    if ids & rules["excluded_product"][each.pk]:
        return False
    if each.includes_all_products:
        return not touches("excluded_category")
    kind = product.parent.product_class_id if product.parent_id else product.product_class_id
    return bool(
        ids & rules["product"][each.pk]
        or kind in rules["class"][each.pk]
        or touches("included_category")
    )


def _rules_of(range_ids: list[int]) -> _Rules:
    """Return what staff entered for the ranges, in one query over the five tables."""
    rules: _Rules = defaultdict(lambda: defaultdict(set))
    for kind, range_id, number, path in _RULES(tuple(range_ids)):
        rules[kind][range_id].add(path or number)
    return rules


def _all_rules(range_ids: tuple[int, ...]) -> QuerySet:
    parts = [
        _rows("product", Range.included_products.through, range_ids, "product_id"),
        _rows("excluded_product", Range.excluded_products.through, range_ids, "product_id"),
        _rows("class", Range.classes.through, range_ids, "productclass_id"),
        _rows("included_category", Range.included_categories.through, range_ids),
        _rows("excluded_category", Range.excluded_categories.through, range_ids),
    ]
    return parts[0].union(*parts[1:], all=True)


def _rows(
    kind: str, through: Any, range_ids: tuple[int, ...], number: str | None = None
) -> QuerySet:
    text = CharField()
    return (
        through.objects.filter(range_id__in=range_ids)
        .order_by()
        .annotate(
            kind=Value(kind, text),
            number=F(number or "category_id"),
            path=Value("", text) if number else F("category__path"),
        )
        .values_list("kind", "range_id", "number", "path")
    )


def _category_paths(products: Any) -> dict[int, set[str]]:
    """Return the tree paths of the categories of products; variants are in their parent's."""
    holders = {product.parent_id or product.pk for product in products}
    paths: dict[int, set[str]] = defaultdict(set)
    for product_id, path in _PATHS(tuple(sorted(holders))):
        paths[product_id].add(path)
    return paths


_RULES = CompiledQuery(_all_rules)
_PATHS = CompiledQuery(
    lambda products: (
        ProductCategory.objects.filter(product_id__in=products)
        .order_by()
        .values_list("product_id", "category__path")
    )
)
