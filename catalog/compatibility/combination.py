"""Several products together, in a cart or on a build sheet: what does harm, does not connect or is
missing. Ports and entries come from the read model, so there are no queries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from catalog.compatibility.fits import Entry
from catalog.compatibility.matching import Verdict, compare
from catalog.compatibility.models import Direction, Interface, Port, Relation


@dataclass(frozen=True)
class Member:
    """A product or variant, with its ports and the compatibility entries of its page."""

    pk: int
    parent: int | None
    title: str
    ports: tuple[Port, ...]
    entries: tuple[Entry, ...]

    @property
    def keys(self) -> tuple[int, ...]:
        """Return its ID and that of its product: entries are about either."""
        return (self.pk,) if self.parent is None else (self.pk, self.parent)


class Combination:
    """The members, compared in pairs. Each text is for shoppers."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members = {member.pk: member for member in members}
        self._entries = {
            (entry.item, entry.other): entry
            for member in self.members.values()
            for entry in member.entries
            if not entry.is_reverse
        }

    def damage(self) -> Iterator[str]:
        """Yield what would damage what, and why."""
        for consumer, verdicts in self._judged:
            for provider, verdict in verdicts:
                if verdict.damaged is not None:
                    cause = consumer if verdict.damaged is provider else provider
                    yield _damage_text(
                        self.title_of(cause), self.title_of(verdict.damaged), verdict.reason
                    )
        for one, other in self._pairs():
            entry = self._entry(one, other)
            if entry and entry.relation == Relation.DAMAGED:
                yield _damage_text(other.title, one.title, entry.reason)

    def wrong_connectors(self) -> Iterator[str]:
        """Yield the parts that cannot be plugged in where nothing else can. Chargers are no part of
        what is built."""
        text = gettext("“%(provider)s” has no matching connector for “%(consumer)s”.")
        for consumer, verdicts in self._judged:
            is_met = any(verdict.fits for _provider, verdict in verdicts)
            if is_met or consumer.interface == Interface.CHARGING:
                continue
            for provider, verdict in verdicts:
                if verdict.wrong_connector:
                    titles = {
                        "provider": self.title_of(provider),
                        "consumer": self.title_of(consumer),
                    }
                    yield text % titles

    def unmet(self) -> list[Port]:
        """Return the ports that need what no member provides."""
        return [
            consumer
            for consumer, verdicts in self._judged
            if not any(verdict.fits for _provider, verdict in verdicts)
        ]

    def has(self, port: Port, provides: Interface) -> bool:
        """Return whether the member with this port also provides something."""
        return any(
            (each.interface, each.direction) == (provides, Direction.PROVIDES)
            for each in self.members[port.product_id].ports
        )

    def title_of(self, port: Port) -> str:
        """Return the title of the member with this port."""
        return self.members[port.product_id].title

    @cached_property
    def _judged(self) -> list[tuple[Port, list[tuple[Port, Verdict]]]]:
        """Return each port that needs something, with those that provide such a thing."""
        ports = [port for member in self.members.values() for port in member.ports]
        providers: dict[str, list[Port]] = {}
        for port in ports:
            if port.direction == Direction.PROVIDES:
                providers.setdefault(port.interface, []).append(port)
        return [
            (
                consumer,
                [
                    (provider, self._judge(provider, consumer))
                    for provider in providers.get(consumer.interface, ())
                    if provider.product_id != consumer.product_id
                ],
            )
            for consumer in ports
            if consumer.direction == Direction.NEEDS
        ]

    def _judge(self, provider: Port, consumer: Port) -> Verdict:
        """Compare two ports, unless staff entered something about their products."""
        one, other = self.members[provider.product_id], self.members[consumer.product_id]
        if entry := self._entry(one, other) or self._entry(other, one):
            return Verdict(entry.relation in (Relation.WORKS, Relation.NEEDS))
        return compare(provider, consumer)

    def _entry(self, one: Member, other: Member) -> Entry | None:
        pairs = ((first, second) for first in one.keys for second in other.keys)
        return next((self._entries[pair] for pair in pairs if pair in self._entries), None)

    def _pairs(self) -> Iterator[tuple[Member, Member]]:
        if self._entries:
            for one in self.members.values():
                for other in self.members.values():
                    yield one, other


def _damage_text(cause: str, damaged: str, reason: str) -> str:
    text = gettext("“%(cause)s” would damage “%(damaged)s”") % {"cause": cause, "damaged": damaged}
    return f"{text}: {reason}." if reason else f"{text}."
