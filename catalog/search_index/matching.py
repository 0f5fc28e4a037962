"""Products and pages that match an expanded query, and how well."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from catalog.search_index.backends import WEIGHTS, backend
from catalog.search_index.expansion import Expanded
from catalog.search_index.expression import Constraint, Expression, Phrase
from catalog.search_index.models import SearchDocument, TypedValue
from catalog.search_index.query import Wanted
from catalog.search_index.word_forms import raw_words, stem

_PRODUCT = "search_document__"
_STEPS = 20  # scores closer than 1/20 are a tie
_SKU_BONUS, _EXACT_BONUS, _TITLE_BONUS = 3.0, 0.3, 0.3
#: Half of a matching word in the title: a SKU still finds a discontinued product first.
DISCONTINUED_PENALTY = _STEPS // 2
_ALMOST = Decimal("0.995")
MOST_PAGES = 5
_PAGES = tuple(set(SearchDocument.Type) - {SearchDocument.Type.PRODUCT})


def matching_products(expanded: Expanded) -> "QuerySet[SearchDocument, int]":
    """Return the IDs of the products that match, public or not. Without a join: products are large
    rows, and reading those that match would take longer than the full text."""
    documents = SearchDocument.objects.filter(product_condition(expanded, ""))
    return documents.filter(type=SearchDocument.Type.PRODUCT).values_list("product", flat=True)


def product_condition(expanded: Expanded, path: str = _PRODUCT) -> Q:
    """Return the condition that a product matches all constraints, quantities and exclusions.

    An empty `path` is for querysets of documents.
    """
    found, product = Q(), "pk__in" if path else "product__in"
    if expanded.constraints:
        wanted = Expression(expanded.constraints, expanded.any_is_enough)
        found &= Q(backend().matches(wanted, path))
    for words in expanded.excluded:
        found &= ~Q(backend().has(Phrase(words), "title", path))
    for one in expanded.quantities:
        found &= Q(**{product: quantities(one).values("product")})
    return found


def quantities(wanted: Wanted) -> QuerySet[TypedValue]:
    """Return the stored quantities in a wanted range, of the attribute that is named next to it.

    A range never means a number in a title: “50 g scale” is not lighter than 60 g.
    """
    found = _in_range(wanted)
    return found if wanted.quantity.exact is not None else found.exclude(code="title")


def _in_range(wanted: Wanted) -> QuerySet[TypedValue]:
    quantity = wanted.quantity
    dimensions = [quantity.dimension]
    if wanted.near and quantity.dimension == "mass":
        dimensions.append("force")
    found = TypedValue.objects.filter(dimension__in=dimensions)
    for name in wanted.near:
        found = found.filter(names__contains=f" {name}")
    if quantity.low is not None:
        found = found.filter(value__gte=quantity.low)
    if quantity.high is not None:
        found = found.filter(value__lte=quantity.high)
    return found


def relevance(expanded: Expanded, text: str, path: str = _PRODUCT) -> Cast:
    """Return the score of a product as a whole number: higher is better, equal is a tie.

    An empty `path` is for querysets of documents.
    """
    product = OuterRef("pk" if path else "product")
    scores: list[Any] = [Value(0.0)]
    scores += [_score(one, path) for one in expanded.constraints if one.is_known]
    for one in expanded.quantities:
        rows = _in_range(one).filter(product=product)
        scores.append(_bonus(Exists(rows.filter(code="title")), _TITLE_BONUS))
        if exact := one.quantity.exact:
            rows = rows.filter(value__range=(exact * _ALMOST, exact / _ALMOST))
            scores.append(_bonus(Exists(rows), _EXACT_BONUS))
    sku = stem("".join(raw_words(text)))
    if any(letter.isdigit() for letter in sku):
        scores.append(_bonus(Q(backend().has(Phrase((sku,)), "sku", path)), _SKU_BONUS))
    return Cast(reduce(add, scores) * _STEPS, IntegerField())


def _score(constraint: Constraint, path: str) -> Any:
    return backend().score(constraint, WEIGHTS, path)


def _bonus(condition: Any, points: float) -> Case:
    return Case(When(condition, then=Value(points)), default=Value(0.0))


def matching_pages(
    constraints: Sequence[Constraint], *, types: Collection[str] = _PAGES, most: int = MOST_PAGES
) -> list[SearchDocument]:
    """Return pages of these types that match all constraints, best first. One query."""
    if not constraints or not all(one.is_known for one in constraints):
        return []
    score = reduce(add, (_score(one, "") for one in constraints))
    found = SearchDocument.objects.filter(type__in=types)
    found = found.filter(backend().matches(Expression(tuple(constraints)), ""))
    return list(found.only("type", "key", "name", "url").order_by(-score, "type", "name")[:most])
