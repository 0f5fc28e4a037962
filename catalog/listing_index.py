"""The index of lists: which public products have which value, in the memory of each process.

A set of products is a whole number with one bit per product, so that filtering and counting 20,000
products takes microseconds and costs about the same for 1,000. Each page reads what changed since
(one query); see docs/decisions/025-facets.md.
"""

import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import islice, takewhile
from operator import or_
from typing import Any

from django.core.cache import cache
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.db.models.signals import post_delete
from django.utils import timezone

from catalog import facet_values, read_model
from catalog.models import Product, ProductAttribute
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord
from catalog.product_sets import Ranges, as_bits, as_flags, as_places, ships
from microflight.core.text import fold

#: Transactions that take longer than this to commit call `facet_values.reset_lists`, and the clocks
#: of servers agree within it.
OVERLAP = timedelta(seconds=10)
_LIVE = ("price", "in_stock", "sale_until", "tie", "facets")  # of `Index.memory`
_MISSING = object()
_MOST_COMPUTED = 1_024

Columns = dict[str, dict[Hashable, int]]
_ROWS = Product.objects.order_by().values(
    "pk",
    "parent_id",
    "is_public",
    "is_kit",
    "title",
    "priority",
    "weight_g",
    "date_created",
    "product_class_id",
    "facets",
    "ships_to",
    "discontinued_on",
    "date_updated",
    record=F("stockrecords"),
    record_updated=F("stockrecords__date_updated"),
    price=F("stockrecords__price"),
    prior_price=F("stockrecords__prior_price"),
    sale_until=F("stockrecords__sale_until"),
    on_hand=Coalesce("stockrecords__num_in_stock", 0) - Coalesce("stockrecords__num_allocated", 0),
    tracked=Coalesce("product_class__track_stock", True),
    kits=Case(When(is_kit=True, then=available_kits("pk"))),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What places a product in a list."""

    pk: int
    title: str
    name: str  # folded title
    priority: int
    created: datetime
    values: tuple[Any, ...]  # of the static columns, as stored


@dataclass(frozen=True)
class Index:
    """All public products. It is never changed; `updated` returns another one.

    Columns: "category", "type", "ships_to", "in_stock", "price", "sale_until", "weight" (as shown),
    "sold" (not discontinued); "n.CODE" has the numbers of an attribute, "t.CODE" its texts.
    """

    listed: list[Listed]  # by position, also of products that are gone
    static: Columns
    live: Columns  # price and stock
    attributes: tuple[dict[str, Any], ...]
    epoch: str
    checked_at: datetime
    seen: frozenset[Any] = frozenset()  # changes that `listed` has
    places: dict[int, int] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict)  # what is computed once

    def column(self, name: str) -> dict[Any, int]:
        """Return the products of each value; empty if there is no such column."""
        return self.static.get(name) or self.live.get(name) or {}

    @property
    def everything(self) -> int:
        """Return all public products, with discontinued ones, which only search finds."""
        return self.static["public"].get(True, 0)

    @property
    def sold(self) -> int:
        """Return the public products that are not discontinued."""
        return self.column("sold").get(True, 0)

    def ranges(self, name: str) -> Ranges:
        """Return a column of numbers."""
        return self.once(("ranges", name), lambda: Ranges(self.column(name)))

    def having(self, name: str) -> int:
        """Return the products that have a value in a column."""
        return self.once(("having", name), lambda: reduce(or_, self.column(name).values(), 0))

    def once(self, key: Hashable, compute: Any) -> Any:
        """Return what `compute` returns, computed once for this index."""
        found = self.memory.get(key, _MISSING)  # another thread may clear it at any moment
        if found is _MISSING:
            if len(self.memory) >= _MOST_COMPUTED:
                self.memory.clear()
            found = self.memory[key] = compute()
        return found

    def of(self, products: Iterable[int]) -> int:
        """Return these products, as far as they are public."""
        places = [self.places[pk] for pk in products if pk in self.places]
        return as_bits(places) & self.everything

    def shipping_to(self, country: str) -> int:
        """Return the products that ship to a country, as far as it is known."""

        def compute() -> int:
            answers = self.column("ships_to").items()
            return reduce(or_, (bits for text, bits in answers if ships(text, country)), 0)

        return self.once(("ships_to", country), compute)

    def between(self, name: str, low: float | None, high: float | None) -> int:
        """Return the products with a number in a range."""
        return self.once(("between", name, low, high), lambda: self.ranges(name).between(low, high))

    def on_sale(self, day: date) -> int:
        """Return the products whose price, or a variant's, is shown as reduced on a day."""
        return reduce(or_, (b for until, b in self.column("sale_until").items() if until >= day), 0)

    def created_since(self, moment: datetime) -> int:
        """Return the products that were added at or after a moment."""
        newest = self.order("new")
        added = takewhile(lambda place: self.listed[place].created >= moment, newest)
        return as_bits(list(added)) & self.sold

    def order(self, name: str) -> list[int]:
        """Return all positions in the order of a sorting: "" (featured), "name", "new", "tie"."""
        keys = {
            "": lambda place: (-self.listed[place].priority, *self._title(place)),
            "name": self._title,
            "new": lambda place: (-self.listed[place].created.timestamp(), -self.listed[place].pk),
            "tie": self._tie,
        }
        return self.once(("order", name), lambda: sorted(range(len(self.listed)), key=keys[name]))

    def rank(self, name: str) -> list[int]:
        """Return the rank of each position in a sorting."""

        def compute() -> list[int]:
            ranks = [0] * len(self.listed)
            for rank, place in enumerate(self.order(name)):
                ranks[place] = rank
            return ranks

        return self.once(("rank", name), compute)

    def _title(self, place: int) -> tuple[Any, ...]:
        one = self.listed[place]
        return one.name, one.title, one.pk

    def _tie(self, place: int) -> tuple[Any, ...]:
        one = self.listed[place]
        in_stock = self.live["in_stock"].get(True, 0) >> place & 1
        return not in_stock, -one.priority, len(one.title), one.title, one.pk

    def arranged(self, bits: int, sort: str, start: int, number: int) -> list[int]:
        """Return IDs of these products, sorted, from a place in the list on.

        `sort` is a name of `order`, or a column: the lowest value counts, a minus sign reverses,
        and products without a value are last.
        """
        if sort in ("", "name", "new"):
            flags = as_flags(bits, len(self.listed))
            matching = (place for place in self.order(sort) if flags[place] == "1")
            return [self.listed[place].pk for place in islice(matching, start, start + number)]
        found: list[int] = []
        for group in self._groups(bits, sort, start):
            size, rank = group.bit_count(), self.rank("name").__getitem__
            if start < size:
                places = sorted(as_places(group), key=rank)
                found += [self.listed[place].pk for place in places[start:]]
            start = max(0, start - size)
            if len(found) >= number:
                break
        return found[:number]

    def _groups(self, bits: int, sort: str, start: int) -> Iterator[int]:
        """Yield the products of each lowest value of a column, in the order of the sorting; those
        without a value last. Many values at once while a list starts after them."""
        lowest = self.once(
            ("lowest", sort.removeprefix("-")), lambda: self._lowest(sort.removeprefix("-"))
        )
        chunks = zip(lowest.chunks, lowest.parts(), strict=True)
        for chunk, part in reversed(list(chunks)) if sort.startswith("-") else chunks:
            size = (chunk & bits).bit_count()
            if size <= start:
                yield chunk & bits
            elif sort.startswith("-"):
                yield from (one & bits for one in reversed(part))
            else:
                yield from (one & bits for one in part)
            start = max(0, start - size)
        yield bits & ~self.having(sort.removeprefix("-"))

    def _lowest(self, name: str) -> Ranges:
        """Return a column in which each product has its lowest value only."""
        column, seen, lowest = self.column(name), 0, {}
        for value in sorted(column):
            lowest[value] = column[value] & ~seen
            seen |= column[value]
        return Ranges(lowest)


# --- Reading -------------------------------------------------------------------------------------

_lock = threading.Lock()
_current: list[Index] = []  # none or one


def current() -> Index:
    """Return the index as of now: one query, one more if products changed; two the first time."""
    with _lock:
        now, epoch = timezone.now(), _epoch()
        known = _current[0] if _current else None
        if known is None or epoch != known.epoch or now < known.checked_at:
            fresh = _load(epoch, now)
        else:
            fresh = _update(known, now)
        _current[:] = [fresh]
        return fresh


def _product_deleted(**signal: Any) -> None:
    facet_values.reset_lists()


post_delete.connect(_product_deleted, sender=Product, dispatch_uid="listing index")


def _epoch() -> str:
    """Return a value that changes when all products are to be read; empty if the cache is down."""
    epoch = cache.get(facet_values.LISTS_EPOCH)
    if epoch is None:
        cache.add(facet_values.LISTS_EPOCH, secrets.token_hex(8), None)
        epoch = cache.get(facet_values.LISTS_EPOCH)
    return epoch or ""


def _load(epoch: str, now: datetime) -> Index:
    attributes = ProductAttribute.objects.exclude(type__in=("file", "image", "entity"))
    columns = ("code", "name", "type", "is_facet", "product_class_id")
    kinds = tuple(attributes.order_by("pk").values(*columns))
    empty = Index([], {"public": {}}, {"in_stock": {}}, kinds, epoch, now)
    rows = list(_ROWS.filter(is_public=True))
    changes = (change for row in rows for change in _changes(row) if change[3] >= now - OVERLAP)
    return replace(_with_rows(empty, rows, ()), seen=frozenset(changes))


def _changes(row: Any) -> Iterator[tuple[Any, ...]]:
    """Yield a row and its stock record as `_update` finds them."""
    shown = row["parent_id"] or row["pk"]
    yield shown, "product", row["pk"], row["date_updated"]
    if row["record"]:
        yield shown, "stock", row["record"], row["record_updated"]


def _update(known: Index, now: datetime) -> Index:
    """Return the index with what changed since it was read."""
    since = known.checked_at - OVERLAP
    products = Product.objects.order_by().filter(date_updated__gte=since)
    records = StockRecord.objects.order_by().filter(date_updated__gte=since)
    columns = (Value("product"), "pk", "date_updated")
    changes = frozenset(
        products.values_list(Coalesce("parent", "pk"), *columns).union(
            records.values_list(
                Coalesce("product__parent", "product"), Value("stock"), *columns[1:]
            )
        )
    )
    fresh = replace(known, checked_at=now, seen=changes)
    if not (changed := {row[0] for row in changes - known.seen}):
        return fresh
    # the stock of a kit is that of its components
    changed |= {
        known.listed[place].pk for place in as_places(known.live.get("kit", {}).get(True, 0))
    }
    return _with_rows(fresh, _ROWS.filter(Q(pk__in=changed) | Q(parent__in=changed)), changed)


def _with_rows(known: Index, rows: Iterable[Any], changed: Collection[int]) -> Index:
    """Return the index with these products and their variants instead of those that changed."""
    rows = list(rows)
    parents = {row["pk"]: row for row in rows if row["parent_id"] is None and row["is_public"]}
    listed, places = list(known.listed), dict(known.places)
    before = {pk: listed[places[pk]] for pk in changed if pk in places}
    for pk, row in parents.items():
        if pk in places:
            listed[places[pk]] = _listed(row)
        else:
            places[pk] = len(listed)
            listed.append(_listed(row))
    old = as_bits([places[pk] for pk in before])
    live = _merged(known.live, old, _live(rows, parents, places))
    is_same = known.everything and all(row["facets"] for row in parents.values())
    if is_same and before == {pk: listed[places[pk]] for pk in parents}:
        computed = known.memory.copy()  # other threads add to it
        memory = {key: value for key, value in computed.items() if key[1] not in _LIVE}
        return replace(known, live=live, memory=memory)
    static = _merged(known.static, old, _static(parents, places))
    return replace(known, listed=listed, places=places, static=static, live=live, memory={})


def _listed(row: dict[str, Any]) -> Listed:
    names = ("facets", "ships_to", "product_class_id", "weight_g", "discontinued_on")
    values = tuple(row[name] for name in names)
    name = fold(row["title"])
    return Listed(row["pk"], row["title"], name, row["priority"], row["date_created"], values)


def _merged(known: Columns, old: int, new: dict[str, dict[Hashable, list[int]]]) -> Columns:
    """Return columns without the old products and with the new ones."""
    merged: Columns = {
        name: {value: bits & ~old for value, bits in column.items()} if old else dict(column)
        for name, column in known.items()
    }
    for name, column in new.items():
        into = merged.setdefault(name, {})
        for value, added in column.items():
            into[value] = into.get(value, 0) | as_bits(added)
    return {
        name: {v: bits for v, bits in column.items() if bits} for name, column in merged.items()
    }


def _static(parents: dict[int, Any], places: dict[int, int]) -> Any:
    """Return the columns of what the read model says."""
    found: Any = defaultdict(lambda: defaultdict(list))
    texts = read_model.facets_of({pk: row["facets"] for pk, row in parents.items()})
    for pk, row in parents.items():
        place, values = places[pk], json.loads(texts[pk])
        found["public"][True].append(place)
        if row["discontinued_on"] is None:
            found["sold"][True].append(place)
        found["type"][row["product_class_id"]].append(place)
        found["weight"][float(row["weight_g"])].append(place)
        found["ships_to"][row["ships_to"]].append(place)
        for category in values["categories"]:
            found["category"][category].append(place)
        for kind in ("n", "t"):
            for code, several in values[kind].items():
                for value in several:
                    found[f"{kind}.{code}"][value].append(place)
    return found


def _live(rows: Iterable[dict[str, Any]], parents: dict[int, Any], places: dict[int, int]) -> Any:
    """Return the columns of price and stock."""
    found: Any = defaultdict(lambda: defaultdict(set))
    for row in rows:
        parent = parents.get(row["parent_id"] or row["pk"])
        if parent is None or not row["is_public"] or row["price"] is None:
            continue
        if parent["discontinued_on"]:
            continue  # it has no price, and nothing in stock
        place = places[parent["pk"]]
        found["price"][float(row["price"])].add(place)
        if row["prior_price"] is not None and row["sale_until"]:
            found["sale_until"][row["sale_until"]].add(place)
        if row["is_kit"]:
            found["kit"][True].add(place)
            is_available = (row["kits"] or 0) > 0
        else:
            is_available = row["on_hand"] > 0 or not parent["tracked"]
        if is_available:
            found["in_stock"][True].add(place)
    return found
