"""Which products can be compared: up to four of one type, added by ID or by the SKUs of a URL."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from catalog.compare.session import MAX_PRODUCTS
from catalog.models import Product
from catalog.skus import sku_key, sku_key_of

SKU = "sku"  # the parameter of a shared URL
MAX_READ = 20  # SKUs of a URL that are looked up
MAX_LENGTH = 64  # characters of a SKU


@dataclass(slots=True)
class Addition:
    """The products that are compared after adding some, and those that are left out."""

    compared: list[Product]
    added: list[Product] = field(default_factory=list)
    too_many: list[Product] = field(default_factory=list)
    of_other_type: list[Product] = field(default_factory=list)


def add(current: Iterable[int], products: Iterable[Product]) -> Addition:
    """Return what adding public products to a comparison gives. One query.

    The first product decides the type of all. Current products that are no longer public leave.
    """
    pks = list(current)
    known = Product.objects.public().select_related("product_class").in_bulk(pks)
    found = Addition([known[pk] for pk in pks if pk in known])
    for product in products:
        if product in found.compared:
            continue
        if found.compared and product.product_class_id != found.compared[0].product_class_id:
            found.of_other_type.append(product)
        elif len(found.compared) == MAX_PRODUCTS:
            found.too_many.append(product)
        else:
            found.compared.append(product)
            found.added.append(product)
    return found


@dataclass(slots=True)
class Shared:
    """What the SKUs of a URL mean."""

    pks: list[int]  # of public products, once each
    unknown: list[str]  # texts that name no public product
    unread: int  # how many more there were


def read(texts: list[str]) -> Shared:
    """Return the products that the SKUs or IDs of a URL name; for a variant, its product.

    One query. SKUs are compared without regard to case, dashes and spaces, see `catalog.skus`.
    """
    wanted = list(dict.fromkeys(text.strip() for text in texts if text.strip()))[:MAX_READ]
    usable = [text for text in wanted if len(text) <= MAX_LENGTH and "\0" not in text]
    ids = [int(text) for text in usable if text.isascii() and text.isdigit() and len(text) < 10]
    rows = Product.objects.public().annotate(key=sku_key_of("upc"))
    rows = rows.filter(Q(key__in=map(sku_key, usable)) | Q(pk__in=ids))
    rows = rows.exclude(parent__is_public=False)
    by_text: dict[str, int] = {}
    for pk, parent, key in sorted(rows.values_list("pk", "parent_id", "key")):
        by_text.setdefault(str(pk), parent or pk)
        if key:
            by_text[key] = parent or pk
    found = {text: by_text.get(sku_key(text)) for text in wanted}
    pks = dict.fromkeys(pk for pk in found.values() if pk is not None)
    unknown = [text[:MAX_LENGTH] for text, pk in found.items() if pk is None]
    return Shared(list(pks), unknown, max(0, len(set(texts)) - MAX_READ))


def shared_url(skus: Iterable[str | int]) -> str:
    """Return the path of a comparison of these SKUs, or IDs of products that have none."""
    return f"{reverse('compare:list')}?{urlencode([(SKU, one) for one in skus])}"
