"""Product facts for tests: complete ones, so that nothing is refused."""

from typing import Any

from oscar.apps.address.models import Country

from catalog.models import Product, ProductFacts

COMPLETE = {
    "battery": "none", "radio": "none", "hs6": "950300", "hs10": "9503000090",
    "customs_description": "Model airplane part", "manufacturer": "MicroFlight, Saskatoon",
    "safety_contact": "EU Contact, Berlin", "length_mm": 60, "width_mm": 40, "height_mm": 12,
}  # fmt: skip


def add_facts(product: Product, **facts: Any) -> ProductFacts:
    """Store complete facts of a product without battery and radio; `facts` replace some.

    A battery is one cell of 0.074 Wh unless `facts` say otherwise.
    """
    if facts.get("battery", "none") not in ("", "none"):
        facts = {"battery_count": 1, "battery_cells": 1, "battery_wh": "0.074", **facts}
    origin = Country.objects.filter(pk="CA").first()
    return ProductFacts.objects.create(product=product, **{**COMPLETE, "origin": origin, **facts})
