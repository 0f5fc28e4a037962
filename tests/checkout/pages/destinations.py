"""The destination that a visitor chooses, and a product that not every destination takes."""

from decimal import Decimal

from django.test import Client

#: Facts of a loose lithium cell.
CELL = {
    "battery": "loose", "battery_count": 1, "battery_cells": 1, "battery_wh": Decimal("0.074"),
}  # fmt: skip


def choose(client: Client, country: str, **more: str) -> None:
    """Choose a country, then what else its form asks."""
    client.post("/cart/destination/", {"country": country})
    if more:
        client.post("/cart/destination/", {"country": country, **more})
