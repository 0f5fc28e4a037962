"""The list of manuals: search in their texts, filters and pages, from the query string."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Prefetch, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils.translation import ngettext

from catalog.manuals import search
from catalog.manuals.models import Language, Manual
from catalog.models import Product
from microflight.core.collation import by_name

MAX_TEXT = 100  # characters of a search or a product's name
PER_PAGE = 24


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """The query string of the library. An unknown language becomes the default, all of them."""

    search: str = ""
    product: str = ""  # a SKU in any case, or a part of a title
    language: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "LibraryQuery":
        """Read it from a query string; never raises."""
        language = query.get("language", "")
        return cls(
            search=_line(query.get("q", "")),
            product=_line(query.get("product", "")),
            language=language if language in Language.values else "",
        )

    @property
    def error(self) -> str:
        """Return why nothing is searched, or an empty string."""
        if max(len(self.search), len(self.product)) <= MAX_TEXT:
            return ""
        text = ngettext(
            "Use at most %(limit)d character to search.",
            "Use at most %(limit)d characters to search.",
            MAX_TEXT,
        )
        return text % {"limit": MAX_TEXT}

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything narrows the list."""
        return bool(self.search or self.product or self.language)


def manuals(wanted: LibraryQuery) -> "QuerySet[Manual]":
    """Return the published manuals that match, best match first, or by title."""
    if wanted.error:
        return Manual.objects.none()
    products = Product.objects.public().order_by("title", "pk").only("title", "discontinued_on")
    found = Manual.objects.published().with_current()
    found = found.prefetch_related(Prefetch("products", products))
    if wanted.language:
        found = found.filter(language=wanted.language)
    if wanted.product:
        found = found.filter(pk__in=_about(wanted.product))
    if not wanted.search:
        return found.order_by(by_name("title"), "pk")
    pks = search.matching(wanted.search)
    places = [When(pk=pk, then=Value(place)) for place, pk in enumerate(pks)]
    found = found.filter(pk__in=pks)
    return found.order_by(Case(*places, default=Value(len(pks))), "pk") if places else found


def _about(product: str) -> QuerySet[Any, Any]:
    """Return the IDs of manuals of products with this SKU or title, or with such a variant."""
    named = Q(upc__iexact=product) | Q(children__upc__iexact=product) | Q(title__icontains=product)
    return Manual.objects.filter(products__in=Product.objects.public().filter(named)).values("pk")


def _line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())
