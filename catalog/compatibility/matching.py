"""Does what one port provides suit what another one needs, and if not, what would happen?"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from catalog.compatibility.models import Direction, Port
from microflight.core.units import NO_BREAK, format_number

#: Connectors that fit any other one, by soldering.
SOLDERED = frozenset({"Solder pads", "Bare leads"})
#: The most that shaft and hole may differ, mm.
TOLERANCE_MM = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two ports work together. `damaged` is the port that would be damaged, if any;
    `reason` says why not, for shoppers; empty if they work together."""

    fits: bool
    reason: str = ""
    damaged: Port | None = None
    wrong_connector: bool = False


def compare(one: Port, other: Port) -> Verdict:
    """Return whether two ports work together: one provides what the other needs.

    What is unknown is no reason against it. Damage is named only where the parts can be joined.
    """
    if one.interface != other.interface or one.direction == other.direction:
        return Verdict(False)
    provider, consumer = (one, other) if one.direction == Direction.PROVIDES else (other, one)
    if not _have_same_form(provider, consumer):
        return Verdict(False)
    if not _connect(provider, consumer):
        return Verdict(False, gettext("no matching connector"), wrong_connector=True)
    for damaged, reason in _damage(provider, consumer):
        return Verdict(False, reason, damaged)
    reason = next(_shortfalls(provider, consumer), "")
    return Verdict(not reason, reason)


def _have_same_form(provider: Port, consumer: Port) -> bool:
    if provider.protocol and consumer.protocol and provider.protocol != consumer.protocol:
        return False
    shaft, hole = provider.diameter_mm, consumer.diameter_mm
    return shaft is None or hole is None or abs(shaft - hole) <= TOLERANCE_MM


def _connect(provider: Port, consumer: Port) -> bool:
    connectors = {provider.connector, consumer.connector} - {""}
    if connectors & SOLDERED:
        return True
    pitches = {provider.pitch_mm, consumer.pitch_mm} - {None}
    return len(connectors) < 2 and len(pitches) < 2


def is_soldered(one: Port, other: Port) -> bool:
    """Tell whether two ports that fit have to be soldered."""
    return bool({one.connector, other.connector} & SOLDERED)


def _damage(provider: Port, consumer: Port) -> Iterator[tuple[Port, str]]:
    """Yield each port that the other would damage, and why."""
    if over := _excess(provider.min_voltage, consumer.max_voltage):
        yield consumer, gettext("%(given)s V is more than %(most)s V") % over
    poles = {provider.polarity, consumer.polarity} - {""}
    if len(poles) > 1:
        yield consumer, gettext("the polarity is reversed")
    if over := _excess(provider.current, consumer.max_current):
        yield consumer, gettext("%(given)s A is more than %(most)s A") % over
    if over := _excess(consumer.current, provider.current):
        yield provider, gettext("%(given)s A is more than %(most)s A") % over


def _shortfalls(provider: Port, consumer: Port) -> Iterator[str]:
    """Yield why a connection that does no harm does not work."""
    if under := _excess(consumer.min_voltage, provider.max_voltage):
        yield gettext("needs %(given)s V, gets %(most)s V") % under
    if over := _excess(consumer.channels, provider.channels):
        yield gettext("needs %(given)s channels, has %(most)s") % over
    if over := _excess(provider.mass_g, consumer.max_mass_g):
        yield gettext("%(given)s g is more than %(most)s g") % over


def _excess(given: Decimal | None, most: Decimal | None) -> dict[str, str] | None:
    """Return both numbers as text if the first is greater than the second, and both are known."""
    if given is None or most is None or given <= most:
        return None
    return {"given": format_number(given), "most": format_number(most)}


def describe(port: Port) -> str:
    """Return the values of a port in one line, such as “Magnetic, 3.7 V”."""
    parts = [port.connector, _voltage(port)]
    if port.pitch_mm is not None and not port.connector:
        parts.append(_with_unit(port.pitch_mm, "mm"))
    if port.current is not None:
        up_to = gettext("up to %(value)s") if port.direction == Direction.PROVIDES else "%(value)s"
        parts.append(up_to % {"value": _with_unit(port.current, "A")})
    if port.max_current is not None:
        parts.append(gettext("at most %(value)s") % {"value": _with_unit(port.max_current, "A")})
    parts.append(port.protocol)
    if port.diameter_mm is not None:
        parts.append(f"⌀ {_with_unit(port.diameter_mm, 'mm')}")
    if port.channels is not None:
        parts.append(gettext("%(n)s channels") % {"n": format_number(port.channels)})
    if port.max_mass_g is not None:
        parts.append(gettext("at most %(value)s") % {"value": _with_unit(port.max_mass_g, "g")})
    return ", ".join(part for part in parts if part)


def _voltage(port: Port) -> str:
    low, high = port.min_voltage, port.max_voltage
    if low is None or high is None:
        known = low if high is None else high
        return "" if known is None else _with_unit(known, "V")
    text = format_number(low) if low == high else f"{format_number(low)}–{format_number(high)}"
    return f"{text}{NO_BREAK}V"


def _with_unit(number: Decimal, unit: str) -> str:
    return f"{format_number(number)}{NO_BREAK}{unit}"
