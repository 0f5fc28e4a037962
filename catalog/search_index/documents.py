"""Search documents of products: what `catalog.read_model.refresh` stores for search."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from catalog.attribute_values import name_and_unit
from catalog.descriptions import description_html
from catalog.models import Product, ProductAttributeValue
from catalog.search_index.models import SearchDocument, SearchWord, TypedValue
from catalog.search_index.units import base_value, values_in
from catalog.search_index.word_forms import MAX_WORD, joined, raw_words, sku_words, stem, words_of
from microflight.core.html import html_to_text

FIELDS = ("name", "url", "title", "sku", "attributes", "body")
_BATCH = 500
#: Grams that are no weight, such as thrust: only a query that names them finds them.
_OTHER_GRAMS = "force"


@dataclass(slots=True)
class ProductEntry:
    """What search stores of one product."""

    document: SearchDocument
    text: str = ""  # all its words as written
    of_attributes: set[str] = field(default_factory=set)  # those that name a number
    values: dict[tuple[Any, ...], TypedValue] = field(default_factory=dict)

    def add(
        self, item: int, code: str, names: str, dimension: str, value: Decimal | str | bool
    ) -> None:
        """Add a value of a product or variant: a number in its base unit, or a text."""
        row = TypedValue(
            product_id=int(self.document.key),
            item_id=item,
            code=code,
            names=f" {names}"[:255],
            dimension=dimension,
        )
        if isinstance(value, str):
            row.text = value[:255]
        else:
            row.value = Decimal(value).quantize(Decimal("0.000001"))
        self.values[_key(row)] = row


def _key(row: TypedValue) -> tuple[Any, ...]:
    return row.item_id, row.code, row.dimension, row.value, row.text


def entry_of(product: Product) -> ProductEntry:
    """Return what search stores of a product, loaded as `read_model.refresh` loads it."""
    items = [product, *sorted(product.children.all(), key=lambda child: child.pk)]
    values = [value for one in items for value in one.attribute_values.all()]
    shown = dict.fromkeys(text for value in values if (text := _shown(value)))
    names = dict.fromkeys(name_and_unit(value.attribute.name)[0] for value in values)
    variants = " ".join(one.title for one in items[1:])
    categories = " ".join(category.name for category in product.categories.all())
    title, attributes = words_of(product.title), f"{variants} {' '.join(shown)}"
    body = f"{html_to_text(description_html(product.description))} {categories} {' '.join(names)}"
    type_name = product.product_class.name if product.product_class else ""
    entry = ProductEntry(
        SearchDocument(
            type=SearchDocument.Type.PRODUCT,
            key=str(product.pk),
            product_id=product.pk,
            title=joined(title),
            sku=joined(word for sku in sorted(_skus(items)) for word in sku_words(sku)),
            attributes=joined(
                [word for word in words_of(attributes) if word not in title] + words_of(type_name)
            ),
            body=" ".join(words_of(body)),
        ),
    )
    entry.text = f"{product.title} {type_name} {entry.document.sku} {attributes} {body}"
    for one in items:
        _add_values(entry, one)
    return entry


def _skus(items: Iterable[Product]) -> set[str]:
    return {
        sku
        for one in items
        for sku in (one.upc or "", *(record.partner_sku for record in one.stockrecords.all()))
    }


def _shown(value: ProductAttributeValue) -> str:
    if value.attribute.type in ("file", "image", "entity", "boolean"):
        return ""
    return str(value.value_as_text)


def _add_values(entry: ProductEntry, item: Product) -> None:
    if item.weight_g:
        entry.add(item.pk, "weight", "weight mass", "mass", item.weight_g)
    for dimension, value in values_in(item.title or ""):
        entry.add(item.pk, "title", "", dimension, value)
    for row in item.attribute_values.all():
        name, unit = name_and_unit(row.attribute.name)
        names = " ".join(words_of(name))
        if row.attribute.type in ("integer", "float") and " " not in names:
            entry.of_attributes.add(names)
        for dimension, typed in _typed(row, name, unit):
            entry.add(item.pk, row.attribute.code, names, dimension, typed)


def _typed(
    row: ProductAttributeValue, name: str, unit: str
) -> Iterator[tuple[str, Decimal | str | bool]]:
    """Yield dimensions and values of an attribute; of a text also the quantities in it."""
    kind, value = row.attribute.type, row.value
    if value in (None, "") or kind in ("file", "image", "entity", "date", "datetime"):
        return
    if kind == "boolean":
        yield "boolean", bool(value)
    elif kind in ("integer", "float"):
        dimension, number = base_value(value, unit, name) or ("number", Decimal(str(value)))
        is_force = dimension == "mass" and row.attribute.code != "weight"
        yield _OTHER_GRAMS if is_force else dimension, number
    elif kind == "multi_option":
        for option in value:
            yield "choice", option.option
    else:
        yield "choice", str(row.value_as_text)
        if kind in ("text", "option"):
            yield from values_in(str(row.value_as_text))


def store(entries: Sequence[ProductEntry]) -> set[int]:
    """Store these documents with their quantities; return the IDs of products that changed."""
    found = {entry.document.key: entry for entry in entries}
    kept = {
        document.key: document
        for document in SearchDocument.objects.filter(
            type=SearchDocument.Type.PRODUCT, key__in=list(found)
        )
    }
    rows: dict[int, set[Any]] = {}
    for row in TypedValue.objects.filter(product__in=[int(key) for key in found]):
        rows.setdefault(row.product_id, set()).add(_key(row))
    changed = {
        int(key): entry
        for key, entry in found.items()
        if _texts(kept.get(key)) != _texts(entry.document)
        or rows.get(int(key), set()) != set(entry.values)
    }
    save([changed[pk].document for pk in sorted(changed)])
    TypedValue.objects.filter(product__in=list(changed)).delete()
    TypedValue.objects.bulk_create(
        [row for pk in sorted(changed) for row in changed[pk].values.values()],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    return set(changed)


def save(documents: Sequence[SearchDocument]) -> None:
    """Insert documents, or replace those with the same type and key."""
    SearchDocument.objects.bulk_create(
        documents,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["type", "key"],
        update_fields=FIELDS,
    )


def _texts(document: SearchDocument | None) -> tuple[str, ...]:
    return tuple(getattr(document, name) for name in FIELDS) if document else ()


@dataclass(slots=True)
class Vocabulary:
    """The words of documents, to be stored as `SearchWord`."""

    written: dict[str, str] = field(default_factory=dict)  # by what is compared
    documents: Counter[str] = field(default_factory=Counter)
    of_attributes: set[str] = field(default_factory=set)

    def add(self, text: str, attribute_names: Iterable[str] = ()) -> None:
        """Add the words of one document, and which of them name attributes."""
        for word in sorted(set(raw_words(text))):
            key = stem(word)
            if len(word) < len(self.written.get(key, word + " ")):
                self.written[key] = word[:MAX_WORD]
            self.documents[key] += 1
        self.of_attributes.update(attribute_names)

    @transaction.atomic
    def save(self, *, replace: bool) -> None:
        """Store the words: in addition to those that search knows, or instead of them."""
        if replace:
            SearchWord.objects.all().delete()
        rows = [
            SearchWord(
                stem=key,
                word=word,
                documents=self.documents[key],
                names_attribute=key in self.of_attributes,
            )
            for key, word in sorted(self.written.items())
        ]
        SearchWord.objects.bulk_create(rows, batch_size=2_000, ignore_conflicts=True)
