"""The read model: what pages show of a product, stored with it as JSON by `refresh`.

`Product.card` has what a list shows of a product, `Product.details` what its page shows in
addition, `Product.facets` what lists filter by. Price, stock and visibility change at any moment,
so they are never stored here: pages read them live, see `catalog.cards.live_products`.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from catalog.attribute_values import name_and_unit, with_unit
from catalog.compatibility import fits, ports
from catalog.compatibility.combination import Member
from catalog.compatibility.models import Port
from catalog.descriptions import description_html
from catalog.discontinued import discontinued_json
from catalog.facet_values import facet_values, reset_lists
from catalog.facts import ProductFacts
from catalog.feedback import PREFETCHED, Feedback, feedback_json, rating_json
from catalog.images import Picture, picture_of
from catalog.kits.inheritance import battery_of, kits_with, weight_of
from catalog.models import Product, ProductAttributeValue
from catalog.search_index import documents, pages
from microflight.core.business import FACTS
from microflight.core.row_locks import lock_rows
from microflight.core.units import split_weight

_PREFETCHED = (
    "categories",
    "primary_recommendations",
    *PREFETCHED,
    "spare_parts",
    *(
        prefix + name
        for prefix in ("", "children__")
        for name in (
            "images",
            "stockrecords",
            "attribute_values__attribute",
            "attribute_values__value_option",
            "attribute_values__value_multi_option",
        )
    ),
)
#: Increase it with every change of the JSON, then run `manage.py refresh_products`.
FORMAT = 8
_BEGINNING = f'{{"format": {FORMAT}, '
_BATCH = 500
_MANY = 50
_NOT_TEXT = ("file", "image", "entity")  # types of attributes that pages do not show


@dataclass(frozen=True, slots=True, eq=False)
class CardData:
    """What a card shows of a product. Read once from each text, so compared by identity."""

    pk: int
    title: str
    url: str
    weight: str
    weight_unit: str
    has_variants: bool
    picture: Picture | None
    weight_g: str
    rating: Decimal | None  # average score of its reviews
    review_count: int
    variants: tuple[tuple[int, str, str], ...]  # ID, SKU and title; public or not


@dataclass(frozen=True, slots=True)
class Specification:
    """One attribute of one product, as shown."""

    code: str
    name: str
    value: str | Promise


@dataclass(frozen=True, slots=True, eq=False)
class ItemData:
    """What the product page shows of the product itself, or of one of its variants."""

    pk: int
    title: str
    upc: str
    weight_g: Decimal
    pictures: tuple[Picture, ...]
    specifications: tuple[Specification, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What the product page shows besides the card. Compared by identity, as `CardData`."""

    slug: str
    description: str
    meta_title: str
    meta_description: str
    manufacturer: str  # name and postal address; empty if unknown
    battery: str  # empty if unknown
    battery_count: int | None
    battery_cells: int | None  # in each battery
    battery_wh: Decimal | None  # of each battery
    categories: tuple[int, ...]
    related: tuple[int, ...]  # products, highest ranking first; public or not
    item: ItemData
    variants: tuple[ItemData, ...]  # public or not
    ports: tuple[Port, ...]  # of the product or its variants
    entries: tuple[fits.Entry, ...]
    feedback: Feedback
    discontinued: list[Any] | None  # of `discontinued_json`

    @property
    def brand(self) -> str:
        """Return the name of the manufacturer; without one, it is the shop's own product."""
        return self.manufacturer.partition(",")[0].strip() or FACTS.shop


def card_of(pk: int, card: str) -> CardData:
    """Return what `Product.card` says, rebuilt if it was cleared or has another format."""
    return _card(card if card.startswith(_BEGINNING) else _card_json(_load(pk)))


def details_of(pk: int, details: str) -> Details:
    """Return what `Product.details` says, rebuilt if it was cleared or has another format."""
    return _details(details if details.startswith(_BEGINNING) else _new_details(_load(pk)))


def member_of(product: Product) -> Member:
    """Return a product or variant for a `Combination`; without ports if the read model of its page
    was cleared. No query for one loaded with its parent."""
    text = (product.parent or product).details
    ports_of_page: tuple[Port, ...] = ()
    entries: tuple[fits.Entry, ...] = ()
    if text.startswith(_BEGINNING):
        details = _details(text)
        ports_of_page, entries = details.ports, details.entries
    own = tuple(port for port in ports_of_page if port.product_id == product.pk)
    return Member(product.pk, product.parent_id, product.get_title(), own, entries)


def facets_of(facets: Mapping[int, str]) -> dict[int, str]:
    """Return `Product.facets` of products by ID, rebuilt where it was cleared or has another
    format."""
    old = [pk for pk, text in facets.items() if not text.startswith(_BEGINNING)]
    rows = Product.objects.filter(pk__in=old).select_related("product_class")
    rebuilt = rows.prefetch_related(*_PREFETCHED).iterator(chunk_size=_BATCH) if old else ()
    return {
        **facets,
        **{one.pk: facet_values(one, documents.entry_of(one), FORMAT) for one in rebuilt},
    }


def refresh(products: Iterable[Product | int] | None = None) -> int:
    """Update read model and search documents of these products, or of all, and then of all pages;
    return how many products changed. Kits with these products inherit their weight and facts.

    Call it after saving products, images, attributes or categories. A variant belongs to its
    parent's read model, so the parent is updated.
    """
    wanted = Product.objects.filter(parent=None)
    if products is not None:
        pks = [one.pk if isinstance(one, Product) else one for one in products]
        changed_too = Q(pk__in=pks) | Q(pk__in=kits_with(pks))
        parents = Product.objects.filter(changed_too, parent__isnull=False).values("parent_id")
        wanted = wanted.filter(changed_too | Q(pk__in=parents))
    vocabulary, rules = documents.Vocabulary(), ports.load_rules()
    rows = wanted.select_related("facts", "product_class").prefetch_related(*_PREFETCHED)
    remaining, changed = rows.iterator(chunk_size=_BATCH), 0
    while batch := list(islice(remaining, _BATCH)):
        changed += _refresh(batch, vocabulary, rules)
    vocabulary.save(replace=products is None)
    if products is None:
        pages.refresh()
    if changed > _MANY:  # perhaps in a transaction that is longer than lists look back
        reset_lists()
    return changed


def _refresh(
    products: Collection[Product], vocabulary: documents.Vocabulary, rules: ports.Rules
) -> int:
    """Store what changed of these products; return how many."""
    changed, entries = [], []
    weighed = [one for product in products for one in _weigh_kits(product)]
    made = {product.pk: ports.ports_of(product, rules) for product in products}
    known = fits.entries_of(products)
    for product in products:
        before = product.card, product.details, product.facets
        found = made[product.pk], known.get(product.pk, [])
        entries.append(documents.entry_of(product))
        product.card, product.details = _card_json(product), _details_json(product, *found)
        product.facets = facet_values(product, entries[-1], FORMAT)
        if before != (product.card, product.details, product.facets):
            product.date_updated = timezone.now()
            changed.append(product)
        vocabulary.add(entries[-1].text, entries[-1].of_attributes)
    columns = ["card", "details", "facets", "date_updated"]
    with transaction.atomic():
        lock_rows(Product.objects.filter(pk__in=[product.pk for product in changed]))
        Product.objects.bulk_update(changed, columns, batch_size=200)
        Product.objects.bulk_update(weighed, ["weight_g"], batch_size=200)
        ports.store(products, [port for several in made.values() for port in several])
        return len({product.pk for product in changed} | documents.store(entries))


def _weigh_kits(product: Product) -> list[Product]:
    """Set the weight of a kit; of variants that are kits, theirs and the lightest one for their
    product. Return those that changed."""
    variants = list(product.children.all())
    before = [(one, one.weight_g) for one in (product, *variants)]
    kits = [one for one, _weight in before if one.components]
    for kit in kits:
        kit.weight_g = weight_of(kit.components)
    if kits and variants:
        product.weight_g = min(one.weight_g for one in variants)
    return [one for one, weight in before if one.weight_g != weight]


def product_url(slug: str, pk: int) -> str:
    """Return the path of a product page."""
    return _url_pattern() % (slug, pk)


@cache
def _url_pattern() -> str:
    """Return the pattern of product URLs: `reverse` for each card would take longer."""
    pattern = reverse("catalogue:detail", kwargs={"product_slug": "SLUG", "pk": 0})
    return pattern.replace("%", "%%").replace("SLUG_0", "%s_%d")


# --- Reading -------------------------------------------------------------------------------------


@lru_cache(maxsize=8_192)
def _card(text: str) -> CardData:
    data = json.loads(text)
    number, unit = split_weight(Decimal(data["weight_g"]))
    return CardData(
        pk=data["pk"],
        title=data["title"],
        url=product_url(data["slug"], data["pk"]),
        weight=number,
        weight_unit=unit,
        has_variants=data["has_variants"],
        variants=tuple((pk, sku, title) for pk, sku, title in data["variants"]),
        picture=picture_of(**data["image"]) if data["image"] else None,
        weight_g=data["weight_g"],
        rating=Decimal(data["rating"]) if data["rating"] else None,
        review_count=data["count"],
    )


@lru_cache(maxsize=1_024)
def _details(text: str) -> Details:
    data = json.loads(text)
    del data["format"]
    energy = data.pop("battery_wh")
    return Details(
        item=_item(data.pop("item")),
        variants=tuple(map(_item, data.pop("variants"))),
        categories=tuple(data.pop("categories")),
        related=tuple(data.pop("related")),
        ports=tuple(map(ports.port_from, data.pop("ports"))),
        entries=tuple(fits.Entry(*entry) for entry in data.pop("entries")),
        battery_wh=Decimal(energy) if energy else None,
        feedback=Feedback.read(data.pop("feedback")),
        **data,
    )


def _item(data: dict[str, Any]) -> ItemData:
    return ItemData(
        pk=data["pk"],
        title=data["title"],
        upc=data["upc"],
        weight_g=Decimal(data["weight_g"]),
        pictures=tuple(picture_of(**image) for image in data["images"]),
        specifications=tuple(
            Specification(value["code"], value["name"], with_unit(value["value"], value["unit"]))
            for value in data["specifications"]
        ),
    )


# --- Writing -------------------------------------------------------------------------------------


def _load(pk: int) -> Product:
    return Product.objects.select_related("facts").prefetch_related(*_PREFETCHED).get(pk=pk)


def _card_json(product: Product) -> str:
    return json.dumps(
        {
            "format": FORMAT,
            "pk": product.pk,
            "title": product.title,
            "slug": product.slug,
            "weight_g": str(product.weight_g),
            "has_variants": product.structure == Product.PARENT,
            "variants": [
                [child.pk, child.upc or "", child.title]
                for child in sorted(product.children.all(), key=lambda child: child.pk)
            ],
            "image": next(iter(_images_json(product, product.title)), None),
            **rating_json(product),
        }
    )


def _new_details(product: Product) -> str:
    made = ports.ports_of(product, ports.load_rules())
    return _details_json(product, made, fits.entries_of([product]).get(product.pk, []))


def _details_json(product: Product, made: Iterable[Port], entries: list[Any]) -> str:
    children = sorted(product.children.all(), key=lambda child: child.pk)
    recommended = sorted(
        product.primary_recommendations.all(), key=lambda row: (-row.ranking, row.recommendation_id)
    )
    return json.dumps(
        {
            "format": FORMAT,
            "slug": product.slug,
            "description": description_html(product.description),
            "meta_title": product.meta_title or "",
            "meta_description": product.meta_description or "",
            **_facts_json(product),
            "categories": sorted(category.pk for category in product.categories.all()),
            "related": [row.recommendation_id for row in recommended],
            "item": _item_json(product, product.title),
            "variants": [_item_json(child, product.title) for child in children],
            "ports": [port.values() for port in made],
            "entries": entries,
            "feedback": feedback_json(product),
            "discontinued": discontinued_json(product),
        }
    )


def _facts_json(product: Product) -> dict[str, Any]:
    facts = getattr(product, "facts", None) or ProductFacts()
    kit = next((one for one in (product, *product.children.all()) if one.components), None)
    battery = battery_of(kit.components) if kit else facts
    return {
        "battery": battery.battery,
        "battery_count": battery.battery_count,
        "battery_cells": battery.battery_cells,
        "manufacturer": facts.manufacturer,
        "battery_wh": None if battery.battery_wh is None else str(battery.battery_wh),
    }


def _item_json(product: Product, title: str) -> dict[str, Any]:
    values = sorted(product.attribute_values.all(), key=lambda value: value.attribute_id)
    return {
        "pk": product.pk,
        "title": product.title or title,
        "upc": product.upc or "",
        "weight_g": str(product.weight_g),
        "images": _images_json(product, title),
        "specifications": [found for value in values if (found := _value_json(value))],
    }


def _images_json(product: Product, title: str) -> list[dict[str, Any]]:
    images = sorted(product.images.all(), key=lambda image: (image.display_order, image.pk))
    return [
        {
            "name": str(image.original.name),
            "width": image.width,
            "height": image.height,
            "alt": image.caption or title,
        }
        for image in images
    ]


def _value_json(row: ProductAttributeValue) -> dict[str, Any] | None:
    """Return an attribute value, or None for an empty one or a type that pages do not show."""
    attribute_type, value = row.attribute.type, row.value
    if attribute_type in _NOT_TEXT or value in (None, ""):
        return None
    if attribute_type not in ("boolean", "integer", "float"):
        value = str(row.value_as_text)
    name, unit = name_and_unit(row.attribute.name)
    return {"code": row.attribute.code, "name": name, "unit": unit, "value": value}
