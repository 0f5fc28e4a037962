"""An independent and slow reading of shipping rules: it shares no code with the engine."""

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

Line = dict[str, Any]  # quantity, value, the facts of a product, and the outside of its carton
Row = dict[str, Any]  # the columns of a rule


def refusing(
    rules: list[Row], method: str, to: tuple[str, str, str], on: date, parcels: list[list[Line]]
) -> list[str]:
    """Return the codes of the rules that forbid to send these parcels with a method."""
    return [
        rule["code"]
        for rule in rules
        if _in_force(rule, on) and _about(rule, method) and _there(rule, to)
        and any(_forbids(rule, parcel) for parcel in parcels)
    ]  # fmt: skip


def _in_force(rule: Row, on: date) -> bool:
    first, last = rule["starts_on"] or date.min, rule["ends_on"] or date.max
    return rule["active"] and first <= on <= last


def _about(rule: Row, method: str) -> bool:
    return rule["methods"] == "" or f" {method} " in f" {rule['methods']} "


def _there(rule: Row, to: tuple[str, str, str]) -> bool:
    if rule["places"] == "":
        return True
    country, province, postcode = to
    listed = False
    for place in rule["places"].split():
        if ":" in place:
            start = place.split(":")[1]
            here = place[:2] == country and postcode.replace(" ", "").startswith(start)
        elif "-" in place:
            here = place == f"{country}-{province}"
        else:
            here = place == country
        listed = listed or here
    return listed is not rule["except_places"]


def _forbids(rule: Row, parcel: list[Line]) -> bool:
    if rule["type"] in ("closed", "suspended", "french"):
        return True
    if rule["type"] == "value":
        return sum(line["value"] * line["quantity"] for line in parcel) > rule["maximum"]
    if rule["type"] == "cells":
        return _too_many_cells(rule, parcel)
    if rule["type"] == "size":
        return _is_too_large(rule, parcel[0]["carton_mm"])
    return any(_forbids_product(rule, line) for line in parcel)


def _is_too_large(rule: Row, carton_mm: tuple[int, int, int] | None) -> bool:
    """Tell whether a carton is too large whichever way it is turned, or not chosen yet."""
    if carton_mm is None:
        return True
    limit = (rule["length_mm"], rule["width_mm"], rule["height_mm"])
    turned = permutations(carton_mm)
    return not any(all(a <= b for a, b in zip(way, limit, strict=True)) for way in turned)


def _forbids_product(rule: Row, line: Line) -> bool:
    words = rule["accepted"].split()
    if rule["type"] == "battery":
        return line["battery"] != "none" and line["battery"] not in words
    if rule["type"] == "radio":
        return line["radio"] != "none" and line["radio"] not in words
    if rule["type"] == "facts":
        return any(not line[word] for word in words)
    if line["battery"] == "none":
        return False
    if line["battery"] == "":
        return True
    if rule["type"] == "cell-wh":
        known = line["battery_wh"] and line["battery_cells"]
        return not known or line["battery_wh"] / line["battery_cells"] > rule["maximum"]
    if rule["type"] == "battery-wh":
        return not line["battery_wh"] or line["battery_wh"] > rule["maximum"]
    raise AssertionError(rule["type"])


def _too_many_cells(rule: Row, parcel: list[Line]) -> bool:
    full = Decimal(0)
    for line in parcel:
        if line["battery"] == "none":
            continue
        if line["battery"] == "" or not line["battery_count"] or not line["battery_cells"]:
            return True
        number = line["quantity"] * line["battery_count"]
        most = rule["maximum"] if line["battery_cells"] == 1 else rule["max_batteries"]
        full += Decimal(number) / Decimal(most)
    return full > 1
