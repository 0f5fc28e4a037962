"""Ports made from attributes, stored for each product that can be bought."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from catalog.attribute_values import name_and_unit, with_unit
from catalog.compatibility.models import (
    NUMBERS,
    Direction,
    Port,
    PortRule,
    Quantity,
)
from catalog.models import Product

#: Nominal voltage of a lithium polymer cell, V.
CELL_V = Decimal("3.7")
#: What a device for a nominal voltage accepts: a lithium polymer cell has 3.0 V when it is empty
#: and 4.2 V when it is full, 0.81 and 1.14 times its nominal 3.7 V (any cell's data sheet).
_LOWEST, _HIGHEST = Decimal("0.8"), Decimal("1.2")
_MILLI = {"mA": Decimal("0.001"), "mV": Decimal("0.001")}
_MOST = Decimal("999999")

Rules = dict[int, list[PortRule]]  # by attribute


def load_rules() -> Rules:
    """Return the rules by the ID of their attribute. One query."""
    found: Rules = defaultdict(list)
    for rule in PortRule.objects.select_related("attribute"):
        found[rule.attribute_id].append(rule)
    return found


def ports_of(product: Product, rules: Rules) -> list[Port]:
    """Return the ports, not saved, of a product, or of each of its variants, which inherit its
    attributes. No query for a product loaded as `read_model.refresh` loads it."""
    own = {row.attribute_id: row for row in product.attribute_values.all()}
    if product.structure != Product.PARENT:
        return _ports(product, own, rules)
    return [
        port
        for child in sorted(product.children.all(), key=lambda child: child.pk)
        for port in _ports(
            child, own | {row.attribute_id: row for row in child.attribute_values.all()}, rules
        )
    ]


def _ports(item: Product, values: dict[int, Any], rules: Rules) -> list[Port]:
    by_port: dict[tuple[str, str], list[tuple[PortRule, Any]]] = defaultdict(list)
    for attribute_id in sorted(values):
        for rule in rules.get(attribute_id, ()):
            if values[attribute_id].value not in (None, ""):
                by_port[rule.interface, rule.direction].append((rule, values[attribute_id]))
    required: dict[tuple[str, str], set[int]] = defaultdict(set)
    class_id = next((row.attribute.product_class_id for row in values.values()), None)
    for rule in (one for several in rules.values() for one in several):
        if rule.is_required and rule.attribute.product_class_id == class_id:
            required[rule.interface, rule.direction].add(rule.pk)
    return [
        _port(item, key, given)
        for key, given in sorted(by_port.items())
        if required[key] <= {rule.pk for rule, _row in given}
    ]


def _port(item: Product, key: tuple[str, str], given: list[tuple[PortRule, Any]]) -> Port:
    port = Port(product_id=item.pk, interface=key[0], direction=key[1])
    if key[1] == Direction.PROVIDES:
        port.mass_g = item.weight_g or None
    for rule, row in given:
        _set(port, Quantity(rule.quantity), row)
    return port


def _set(port: Port, quantity: Quantity, row: Any) -> None:
    """Set what an attribute value says."""
    unit = name_and_unit(row.attribute.name)[1]
    if quantity in (Quantity.CONNECTOR, Quantity.POLARITY, Quantity.PROTOCOL):
        is_number = row.attribute.type in ("integer", "float")
        text = with_unit(row.value, unit) if is_number else row.value_as_text
        setattr(port, quantity.value, str(text)[:60])
        return
    if quantity == Quantity.PRESENT:
        return
    number = Decimal(str(row.value)) * _MILLI.get(unit, Decimal(1))
    if abs(number) > _MOST:
        return
    number = number.quantize(Decimal("0.001"))
    if quantity == Quantity.CELLS:
        quantity, number = Quantity.VOLTAGE, number * CELL_V
    if quantity != Quantity.VOLTAGE:
        setattr(port, quantity.value, number)
    elif port.direction == Direction.PROVIDES:
        port.min_voltage = port.max_voltage = number
    else:
        port.min_voltage, port.max_voltage = number * _LOWEST, number * _HIGHEST


def store(products: Collection[Product], ports: Iterable[Port]) -> None:
    """Store the ports of these products and their variants, if they changed."""
    family = [pk for one in products for pk in (one.pk, *(c.pk for c in one.children.all()))]
    stored: dict[int, list[Port]] = defaultdict(list)
    for port in Port.objects.filter(product__in=family).order_by("interface", "direction"):
        stored[port.product_id].append(port)
    current: dict[int, list[Port]] = defaultdict(list)
    for port in ports:
        current[port.product_id].append(port)
    changed = [pk for pk in family if _differs(stored[pk], current[pk])]
    if changed:
        Port.objects.filter(product__in=changed).delete()
        Port.objects.bulk_create([port for pk in changed for port in current[pk]], batch_size=200)


def _differs(before: list[Port], now: list[Port]) -> bool:
    return [_comparable(one) for one in before] != [_comparable(one) for one in now]


def _comparable(port: Port) -> dict[str, Any]:
    """Return the values of a port with numbers as numbers: 3.70 is 3.7."""
    return {
        name: Decimal(value).normalize() if name in NUMBERS else value
        for name, value in port.values().items()
    }


def port_from(values: dict[str, Any]) -> Port:
    """Return a port, not saved, from what `Port.values` returned."""
    return Port(
        **{name: Decimal(value) if name in NUMBERS else value for name, value in values.items()}
    )
