"""How each product is handled while the shop is away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from catalog.away.models import AwayRule, Handling
from catalog.models import ProductCategory

#: From the least to the most strict.
_STRICTNESS = [Handling.SHIP, Handling.HOLD, Handling.BLOCK]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules: by product ID, by the tree path of a category, and for everything else."""

    own: dict[int, Handling]
    by_path: dict[str, Handling]
    default: Handling

    def handling(self, product: int, parent: int | None, paths: Iterable[str]) -> Handling:
        """Return the handling of a product with a parent or None, in categories with these paths.

        Its own rule counts first, then its parent's, then that of the deepest category; of several
        categories, the strictest. Without any rule, it is held.
        """
        of_product = self.own.get(product) or self.own.get(parent or 0)
        return of_product or _of_categories(paths, self.by_path) or self.default


def load() -> Rules:
    """Read the rules: one query."""
    rules = list(AwayRule.objects.select_related("category"))
    general = [rule for rule in rules if not rule.product_id and not rule.category]
    return Rules(
        own={rule.product_id: Handling(rule.handling) for rule in rules if rule.product_id},
        by_path={rule.category.path: Handling(rule.handling) for rule in rules if rule.category},
        default=Handling(general[0].handling) if general else Handling.HOLD,
    )


def handlings(products: Iterable[Any]) -> dict[int, Handling]:
    """Return the handling of each product by ID: two queries."""
    products, rules = list(products), load()
    paths = _category_paths(products) if rules.by_path else {}
    return {
        product.pk: rules.handling(
            product.pk, product.parent_id, paths.get(product.parent_id or product.pk, [])
        )
        for product in products
    }


def strictest(found: Iterable[Handling]) -> Handling:
    """Return the strictest of some handlings, which are not empty."""
    return max(found, key=_STRICTNESS.index)


def _category_paths(products: list[Any]) -> dict[int, list[str]]:
    """Return the tree paths of the categories of each product; a variant has its parent's."""
    ids = {product.parent_id or product.pk for product in products}
    rows = ProductCategory.objects.filter(product_id__in=ids)
    paths: dict[int, list[str]] = {}
    for product_id, path in rows.values_list("product_id", "category__path"):
        paths.setdefault(product_id, []).append(path)
    return paths


def _of_categories(paths: Iterable[str], by_path: dict[str, Handling]) -> Handling | None:
    ruled = [
        (len(rule), by_path[rule]) for path in paths for rule in by_path if path.startswith(rule)
    ]
    deepest = max((length for length, _handling in ruled), default=0)
    found = [handling for length, handling in ruled if length == deepest]
    return max(found, key=_STRICTNESS.index, default=None)
