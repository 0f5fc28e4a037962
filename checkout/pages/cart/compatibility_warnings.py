"""What does not work together in a cart: warnings, which never keep anyone from ordering."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext, ngettext

from catalog.compatibility.matching import Verdict, compare
from catalog.compatibility.models import Direction, Interface, Port, Relation
from catalog.read_model import Details, stored_details

#: Lines of a cart that are compared, and warnings that are shown, at most.
MOST_LINES, MOST_WARNINGS = 100, 8

Compare = Callable[[Port, Port], Verdict]


def compatibility_warnings(lines: Iterable[Any]) -> list[str]:
    """Return the warnings about the products of basket lines, the most serious first. No query:
    ports and entries are in the read model; a product whose read model is cleared has none."""
    products = {line.product_id: line.product for line in list(lines)[:MOST_LINES]}
    stored = {pk: stored_details((one.parent or one).details) for pk, one in products.items()}
    found_details = {pk: details for pk, details in stored.items() if details is not None}
    ports = [
        port
        for pk, details in found_details.items()
        for port in details.ports
        if port.product_id == pk
    ]
    judged = _with_entries(products, found_details.values())
    titles = {pk: product.get_title() for pk, product in products.items()}
    found = [
        *_damage(ports, titles, judged),
        *_wrong_connectors(ports, titles, judged),
        *_not_charged(ports, titles, judged),
    ]
    return list(dict.fromkeys(found))[:MOST_WARNINGS]


def _with_entries(products: dict[int, Any], details: Iterable[Details]) -> Compare:
    """Return `compare`, corrected by what staff entered about these products."""
    entries = [entry for one in details for entry in one.entries if not entry.is_reverse]
    relations = {(entry.item, entry.other): entry for entry in entries}

    def judged(provider: Port, consumer: Port) -> Verdict:
        for one, other in ((provider, consumer), (consumer, provider)):
            for pair in _pairs(products[one.product_id], products[other.product_id]):
                if entry := relations.get(pair):
                    is_good = entry.relation in (Relation.WORKS, Relation.NEEDS)
                    damaged = one if entry.relation == Relation.DAMAGED else None
                    return Verdict(is_good, entry.reason or gettext("see its page"), damaged)
        return compare(provider, consumer)

    return judged


def _pairs(one: Any, other: Any) -> Iterator[tuple[int, int]]:
    for first in filter(None, (one.pk, one.parent_id)):
        for second in filter(None, (other.pk, other.parent_id)):
            yield first, second


def _joined(ports: Collection[Port]) -> Iterator[tuple[Port, list[Port]]]:
    """Yield each port that needs something, with the ports that provide such a thing."""
    for consumer in ports:
        if consumer.direction == Direction.NEEDS:
            yield (
                consumer,
                [
                    port
                    for port in ports
                    if (port.interface, port.direction) == (consumer.interface, Direction.PROVIDES)
                    and port.product_id != consumer.product_id
                ],
            )


def _damage(ports: Collection[Port], titles: dict[int, str], judged: Compare) -> Iterator[str]:
    text = gettext("“%(cause)s” would damage “%(damaged)s”: %(reason)s.")
    for consumer, providers in _joined(ports):
        for provider in providers:
            verdict = judged(provider, consumer)
            if verdict.damaged is not None:
                cause = consumer if verdict.damaged is provider else provider
                yield text % {
                    "cause": titles[cause.product_id],
                    "damaged": titles[verdict.damaged.product_id],
                    "reason": verdict.reason,
                }


def _wrong_connectors(
    ports: Collection[Port], titles: dict[int, str], judged: Compare
) -> Iterator[str]:
    text = gettext("“%(provider)s” has no matching connector for “%(consumer)s”.")
    for consumer, providers in _joined(ports):
        verdicts = [(provider, judged(provider, consumer)) for provider in providers]
        if consumer.interface == Interface.CHARGING or any(each.fits for _one, each in verdicts):
            continue
        for provider, verdict in verdicts:
            if verdict.wrong_connector:
                names = {"provider": provider.product_id, "consumer": consumer.product_id}
                yield text % {name: titles[pk] for name, pk in names.items()}


def _not_charged(ports: Collection[Port], titles: dict[int, str], judged: Compare) -> Iterator[str]:
    names = [
        titles[consumer.product_id]
        for consumer, providers in _joined(ports)
        if consumer.interface == Interface.CHARGING
        and not any(judged(provider, consumer).fits for provider in providers)
    ]
    if names:
        text = ngettext(
            "Nothing in this cart charges this cell: %(names)s.",
            "Nothing in this cart charges these cells: %(names)s.",
            len(names),
        )
        yield text % {"names": "; ".join(names)}
