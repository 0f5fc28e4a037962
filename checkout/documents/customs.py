"""Customs data of international parcels (CN22/CN23): complete before they ship, then frozen.

Carriers require it electronically: contents in English, quantity, unit value and currency, weight,
HS code, origin, reason for export, non-delivery instruction, the recipient's phone number. US
parcels also need the ID of a declaration whose duty is prepaid.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from catalog.facts import ProductFacts, facts_of
from checkout.documents.content import address_lines, sender_lines
from checkout.documents.models import (
    CustomsDeclaration,
    CustomsFormLimit,
    ExportReason,
    NonDelivery,
)
from checkout.order.locking import OrderActionError
from checkout.order.models import Line, Order, ShippingEvent
from microflight.core.business import FACTS
from microflight.core.money import rounded

_DECLARATION_ID = re.compile(r"[A-Z0-9]{13}")
#: The facts that every parcel needs, and the one that the US adds.
_REQUIRED, _REQUIRED_BY_US = ("customs_description", "hs6", "origin"), ("hs10",)


@dataclass(frozen=True, slots=True)
class CustomsEntry:
    """What staff enter for a parcel. An empty phone is the one of the address."""

    phone: str = ""
    reason: str = ExportReason.SALE
    non_delivery: str = NonDelivery.RETURN
    declaration_id: str = ""


class CustomsIncomplete(OrderActionError):
    """Customs data is missing; the texts name each field and product. Nothing was shipped."""

    def __init__(self, *texts: str, field: str | None = None) -> None:
        super().__init__(*texts)
        self.field = field


def is_international(order: Order) -> bool:
    """Tell whether the order is shipped to another country, and so needs customs data."""
    return order.shipping_address is not None and _country(order) != "CA"


def needs_declaration_id(order: Order) -> bool:
    """Tell whether the destination requires a prepaid declaration: the US, since 2025-08-29."""
    return order.shipping_address is not None and _country(order) == "US"


def normalized_declaration_id(text: str) -> str:
    """Return a Declaration ID as stored: 13 capital letters and digits. Raises CustomsIncomplete
    with a message for staff."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not compact:
        message = gettext("Enter the Declaration ID: US duty is prepaid for each parcel.")
    elif not _DECLARATION_ID.fullmatch(compact):
        message = gettext("“%(typed)s” is no Declaration ID, which has 13 letters and digits.")
        message %= {"typed": compact}
    else:
        return compact
    raise CustomsIncomplete(message, field="declaration_id")


def declare(
    order: Order, quantities: Mapping[int, int], entry: CustomsEntry
) -> CustomsDeclaration | None:
    """Return the declaration of a parcel with these units of lines, not saved yet; None within
    Canada. Raises CustomsIncomplete, which names each missing field and its product."""
    if not is_international(order):
        return None
    is_us = needs_declaration_id(order)
    declaration_id = normalized_declaration_id(entry.declaration_id) if is_us else ""
    phone = entry.phone or address_phone(order)
    if not phone:
        message = gettext("Enter the recipient’s phone number: customs requires it.")
        raise CustomsIncomplete(message, field="phone")
    lines = order.lines.filter(pk__in=quantities).order_by("pk")
    lines = lines.select_related("product__facts", "product__parent__facts")
    items = _items(list(lines), quantities, is_us=is_us)
    return CustomsDeclaration(
        reason=entry.reason,
        non_delivery=entry.non_delivery,
        declaration_id=declaration_id,
        content=_content(order, items, phone),
    )


def _content(order: Order, items: list[dict[str, Any]], phone: str) -> dict[str, Any]:
    value = sum((Decimal(each["value"]) for each in items), Decimal(0))
    weight_g = sum((Decimal(each["weight_g"]) for each in items), Decimal(0))
    return {
        "form": form_for(value, weight_g),
        "sender": sender_lines(),
        "sender_phone": FACTS.telephone,
        "recipient": address_lines(order.shipping_address),
        "recipient_phone": phone,
        "country": _country(order),
        "currency": "CAD",
        "items": items,
        "total_value": str(value),
        "total_weight_g": _plain(weight_g),
    }


def form_for(value: Decimal, weight_g: Decimal) -> str:
    """Return the form for a parcel of a value in CAD and a weight: CN22 within the limits in force
    today, else CN23, which is valid for all parcels."""
    limits = CustomsFormLimit.objects.filter(starts_on__lte=timezone.localdate())
    limit = limits.order_by("-starts_on").first()
    is_small = limit and value <= limit.cn22_value and weight_g <= limit.cn22_grams
    return "CN22" if is_small else "CN23"


def freeze(declaration: CustomsDeclaration | None, shipment: ShippingEvent) -> None:
    """Save the declaration of a shipment that was just created."""
    if declaration is not None:
        declaration.shipment = shipment
        declaration.save(force_insert=True)


def _country(order: Order) -> str:
    address: Any = order.shipping_address
    return str(address.country_id)


def address_phone(order: Order) -> str:
    """Return the phone number of the shipping address; "" if there is none."""
    address: Any = order.shipping_address
    return address.phone_number.as_international if address and address.phone_number else ""


def _items(
    lines: list[Line], quantities: Mapping[int, int], *, is_us: bool
) -> list[dict[str, Any]]:
    """Return the contents of a parcel. Raises CustomsIncomplete with everything that is missing."""
    facts = facts_of([line.product for line in lines if line.product])
    items, problems = [], []
    for line in lines:
        own = facts.get(line.product_id or 0) or ProductFacts()
        if missing := _missing(line, own, is_us=is_us):
            problems += missing
        else:
            items.append(_item(line, own, quantities[line.pk], is_us=is_us))
    if problems:
        raise CustomsIncomplete(*problems)
    return items


def _missing(line: Line, facts: ProductFacts, *, is_us: bool) -> list[str]:
    """Return a message for each missing fact of a line."""
    required = (*_REQUIRED, *(_REQUIRED_BY_US if is_us else ()))
    fields: list[Any] = [ProductFacts._meta.get_field(name) for name in required]
    empty = [str(field.verbose_name) for field in fields if not getattr(facts, field.attname)]
    if not _unit_value(line, facts):
        empty.append(gettext("customs unit value (CAD)"))
    if not _weight(line):
        empty.append(gettext("weight"))
    name = f"{line.title} ({line.partner_sku})"
    text = gettext("%(product)s: the %(field)s is missing. Enter it on the product’s page.")
    problems = [text % {"product": name, "field": field} for field in empty]
    if facts.customs_description and not facts.customs_description.isascii():
        text = gettext("%(product)s: write the customs description in English, in plain letters.")
        problems.append(text % {"product": name})
    return problems


def _unit_value(line: Line, facts: ProductFacts) -> Decimal:
    """Return the declared value of one unit in CAD: the fact, or else the price that was paid."""
    if facts.customs_value is not None:
        return facts.customs_value
    return rounded(line.line_price_excl_tax / line.quantity)


def _weight(line: Line) -> Decimal:
    """Return the weight of one unit in grams; 0 if it is unknown."""
    return line.product.weight_g or Decimal(0) if line.product else Decimal(0)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _item(line: Line, facts: ProductFacts, quantity: int, *, is_us: bool) -> dict[str, Any]:
    value = _unit_value(line, facts)
    return {
        "sku": line.partner_sku,
        "description": facts.customs_description,
        "quantity": quantity,
        "unit_value": str(value),
        "value": str(value * quantity),
        "weight_g": _plain(_weight(line) * quantity),
        "hs_code": facts.hs10 if is_us else facts.hs6,
        "origin": facts.origin_id,
        "cusma": facts.originates_under_cusma(timezone.localdate()),
    }
