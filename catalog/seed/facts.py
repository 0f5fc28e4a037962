"""Facts of the demo's products. Codes, sizes, makers and contacts are INVENTED demo data."""

from datetime import date
from decimal import Decimal
from typing import Any

from catalog.models import Battery, Product, ProductFacts, Radio
from catalog.seed.tables import Row, product_rows, read_table

_CELL_V = Decimal("3.7")  # nominal voltage of a lithium polymer cell
_BANDS = {"": Radio.NONE, "916": Radio.MHZ_915, "2400": Radio.GHZ_2_4}
_MAKERS = {
    "workshop": "MicroFlight, Saskatoon, Canada (demo data)",
    "import": "Example Model Works, 1 Example Road, Shenzhen, China (demo data)",
}
_EU_CONTACT = "Example EU Contact, Beispielstrasse 1, 10115 Berlin, eu@example.com (demo data)"


def load_facts(products: dict[str, Product]) -> None:
    """Create missing facts, so that changes by staff remain; variants inherit their product's."""
    known = set(ProductFacts.objects.values_list("product_id", flat=True))
    classes = {line["class"]: line for line in read_table("facts")}
    ProductFacts.objects.bulk_create(
        ProductFacts(product=products[row.sku], **facts_from(row, classes[row.product_class]))
        for row in product_rows()
        if not row.parent and products[row.sku].pk not in known
    )


def facts_from(row: Row, common: dict[str, str]) -> dict[str, Any]:
    """Return the facts of a row of the data files; `common` are those of its product type."""
    cusma = bool(common["cusma"])
    return {
        **battery_from(row),
        "radio": _BANDS[row.attributes.get("frequency_mhz", "")],
        "hs6": common["hs6"],
        "hs10": common["hs10"],
        "origin_id": common["origin"],
        "cusma": cusma,
        "cusma_evidence": "Certification of origin (demo data)" if cusma else "",
        "cusma_expires_on": date(2027, 12, 31) if cusma else None,
        "customs_description": common["description"],
        **{name: int(common[name]) for name in ("length_mm", "width_mm", "height_mm")},
        "manufacturer": _MAKERS[common["maker"]],
        "safety_contact": _EU_CONTACT if common["eu_contact"] else "",
    }


def battery_from(row: Row) -> dict[str, Any]:
    """Return the battery facts: energy is capacity times nominal voltage."""
    if not row.common["battery"]:
        return {"battery": Battery.NONE}
    volts = Decimal(row.attributes.get("voltage_v", _CELL_V))
    in_series = round(volts / _CELL_V)
    count = int(row.common["cells"]) // in_series
    wh = Decimal(row.common["wh"]) / count
    if "capacity_mah" in row.attributes:
        wh = volts * Decimal(row.attributes["capacity_mah"]) / 1000
    return {
        "battery": row.common["battery"],
        "battery_count": count,
        "battery_cells": in_series,
        "battery_wh": wh,
    }
