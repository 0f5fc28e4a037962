"""From a visitor's words to products."""

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Combinable

from catalog.models import Product
from catalog.search.words import words_of

MOST = 8  # words that are looked for; the rest of a longer query is left out


def find(query: str) -> QuerySet[Product]:
    """Return public products in which every word begins some word; best match first.

    An exact SKU comes before titles with more of the words, those before the rest.
    """
    words = list(dict.fromkeys(words_of(query)))[:MOST]
    if not words:
        return Product.objects.none()
    found = Product.objects.browsable()
    for word in words:
        found = found.filter(search_text__contains=f" {word}")
    score: Combinable = _score(When(upc__iexact=query, then=Value(100)))
    for word in words:
        score = score + _score(When(title__icontains=word, then=Value(1)))
    return found.alias(score=score).order_by("-score", "-priority", "title", "pk")


def _score(when: When) -> Case:
    return Case(when, default=Value(0), output_field=IntegerField())
