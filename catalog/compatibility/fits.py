"""What fits a product, for its page: computed from ports, then corrected by what staff entered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from catalog.compatibility.matching import SOLDERED, TOLERANCE_MM, compare, describe, is_soldered
from catalog.compatibility.models import (
    NEEDED,
    PROVIDED,
    CompatibilityEntry,
    Direction,
    Interface,
    Port,
    Relation,
)
from catalog.models import Product

#: Ports of other products that one page reads at most, and parts that a group lists at most.
MOST_PORTS, MOST_PARTS = 400, 40


@dataclass(frozen=True, slots=True)
class Part:
    """A product that fits, or that would do damage, and why."""

    title: str
    url: str
    sku: str
    reason: str


@dataclass(frozen=True, slots=True)
class FitGroup:
    """The parts for one port; `values` are those of the port, such as “Magnetic, 3.7 V”."""

    name: str
    values: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Fits:
    """What a product page says about compatibility."""

    needs: tuple[FitGroup, ...] = ()
    works_with: tuple[FitGroup, ...] = ()
    damaged_by: tuple[Part, ...] = ()
    damages: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.needs or self.works_with or self.damaged_by or self.damages)


@dataclass(frozen=True, slots=True)
class Entry:
    """A compatibility entry from the side of one page. `item` is the product or variant of the
    page that it is about; `page` the product page of the other one."""

    item: int
    relation: str
    is_reverse: bool  # the other product is the subject: it needs this one
    other: int
    page: int
    reason: str


def entries_of(products: Iterable[Product]) -> dict[int, list[list[Any]]]:
    """Return the entries about products and their variants by the ID of the product, as JSON takes
    them; see `Entry`. One query."""
    family = {
        pk: product.pk
        for product in products
        for pk in (product.pk, *(child.pk for child in product.children.all()))
    }
    rows = CompatibilityEntry.objects.filter(
        Q(product__in=family) | Q(other__in=family)
    ).select_related("product", "other")
    found: dict[int, list[list[Any]]] = defaultdict(list)
    for row in rows.order_by("pk"):
        for is_reverse, own, other in (
            (False, row.product, row.other),
            (True, row.other, row.product),
        ):
            if own.pk in family:
                page = other.parent_id or other.pk
                entry = [own.pk, row.relation, is_reverse, other.pk, page, row.reason]
                found[family[own.pk]].append(entry)
    return found


def read(
    family: int, ports: Iterable[Port], entries: Iterable[Entry], live: dict[int, Any]
) -> Fits:
    """Return what fits a product page's product. One query, none without ports.

    `ports`: those of the variants shown. `live`: public products of `Entry.page` by ID, see
    `catalog.cards.LiveProduct`.
    """
    own, entries = list(ports), list(entries)
    overridden = {entry.other for entry in entries}
    candidates = [
        port
        for port in (_candidates(family, own) if own else ())
        if not {port.product_id, port.product.parent_id} & overridden
    ]
    groups, damaged_by, damages = _computed(own, candidates)
    extra: dict[str, list[Part]] = defaultdict(list)
    for entry in entries:
        if part := _entered(entry, live):
            extra[_side_of(entry)].append(part)
    return Fits(
        needs=_groups(own, groups, Direction.NEEDS, extra["needs"]),
        works_with=_groups(own, groups, Direction.PROVIDES, extra["works_with"]),
        damaged_by=_first(extra["damaged_by"] + damaged_by),
        damages=_first(extra["damages"] + damages),
    )


def _computed(
    own: Sequence[Port], others: Iterable[Port]
) -> tuple[dict[tuple[str, str], list[Part]], list[Part], list[Part]]:
    """Return the parts that fit by interface and direction of the own port, those that would damage
    it, and those that it would damage."""
    groups: dict[tuple[str, str], list[Part]] = defaultdict(list)
    damaged_by: list[Part] = []
    damages: list[Part] = []
    for other in others:
        port, verdict = _best(own, other)
        if verdict.fits:
            groups[port.interface, port.direction].append(_part(other, _why(port, other)))
        elif verdict.damaged is not None:
            side = damages if verdict.damaged is other else damaged_by
            side.append(_part(other, verdict.reason))
    return groups, damaged_by, damages


def _candidates(family: int, own: Iterable[Port]) -> Iterable[Port]:
    """Return the public ports that could be joined to one of these. One query."""
    wanted = Q()
    for port in own:
        wanted |= _counterparts(port)
    is_public = Q(product__parent=None) | Q(product__parent__is_public=True)
    return (
        Port.objects.filter(wanted)
        .filter(is_public, product__is_public=True)
        .exclude(product=family)
        .exclude(product__parent=family)
        .select_related("product__parent")
        .defer("product__description", "product__card", "product__details")
        .defer("product__parent__description", "product__parent__card", "product__parent__details")
        .order_by("product_id", "pk")[:MOST_PORTS]
    )


def _counterparts(port: Port) -> Q:
    """Return the condition for ports that a port could be joined to, whatever would happen."""
    is_provider = port.direction == Direction.PROVIDES
    opposite = Direction.NEEDS if is_provider else Direction.PROVIDES
    found = Q(interface=port.interface, direction=opposite)
    if port.connector and port.connector not in SOLDERED:
        found &= Q(connector__in=[port.connector, "", *sorted(SOLDERED)])
    if port.protocol:
        found &= Q(protocol__in=[port.protocol, ""])
    if (mm := port.diameter_mm) is not None:
        near = Q(diameter_mm__range=(mm - TOLERANCE_MM, mm + TOLERANCE_MM))
        found &= near | Q(diameter_mm=None)
    return found


def _best(own: Iterable[Port], other: Port) -> Any:
    """Return the port that the other one fits, or would damage, and the verdict."""
    verdicts = [(port, compare(port, other)) for port in own]
    return max(verdicts, key=lambda each: (each[1].fits, each[1].damaged is not None))


def _why(port: Port, other: Port) -> str:
    why = describe(other) if describe(other) else describe(port)
    return f"{why}; {gettext('to be soldered')}" if is_soldered(port, other) else why


def _part(port: Port, reason: str) -> Part:
    product = port.product
    page = product.parent or product
    url = reverse("catalogue:detail", kwargs={"product_slug": page.slug, "pk": page.pk})
    if product.parent_id:
        url = _with_variant(url, product.upc or "", product.pk)
    title = product.title or (product.parent.title if product.parent else "")
    return Part(title, url, product.upc or "", reason)


def _with_variant(url: str, sku: str, variant: int) -> str:
    """Return a product page's URL with a variant selected, as `catalog.variant_urls` does."""
    return f"{url}?{urlencode({'variant': sku or variant})}"


def _entered(entry: Entry, live: dict[int, Any]) -> Part | None:
    """Return the other product of an entry, if it is public and not excluded."""
    found = live.get(entry.page)
    if found is None or entry.relation == Relation.EXCLUDED:
        return None
    if entry.other == entry.page:
        return Part(found.data.title, found.data.url, "", entry.reason)
    sku = next((offer.sku for offer in found.offers if offer.product == entry.other), "")
    url = _with_variant(found.data.url, sku, entry.other)
    return Part(found.data.title, url, sku, entry.reason)


def _side_of(entry: Entry) -> str:
    if entry.relation == Relation.DAMAGED:
        return "damages" if entry.is_reverse else "damaged_by"
    return "needs" if entry.relation == Relation.NEEDS and not entry.is_reverse else "works_with"


def _groups(
    own: Iterable[Port],
    found: dict[tuple[str, str], list[Part]],
    direction: Direction,
    entered: list[Part],
) -> tuple[FitGroup, ...]:
    """Return a group for each port with parts; of ports that need something, also without."""
    groups = []
    for interface in Interface:
        ports = [one for one in own if (one.interface, one.direction) == (interface, direction)]
        parts = found.get((interface, direction), [])
        if parts or (ports and direction == Direction.NEEDS):
            values = dict.fromkeys(describe(port) for port in ports)
            name = str(NEEDED[interface] if direction == Direction.NEEDS else PROVIDED[interface])
            groups.append(FitGroup(name, "; ".join(filter(None, values)), _first(parts)))
    if entered:
        groups.append(FitGroup(gettext("Also"), "", _first(entered)))
    return tuple(groups)


def _first(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(parts))[:MOST_PARTS]
