"""`try_cart COUNTRY[:PROVINCE] SKU[=QUANTITY]...`: which shipping methods take it, and why not?"""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from checkout.placement.sample_cart import SampleCart, read_destination, read_products
from checkout.shipping.engine import Answer
from checkout.shipping.refusals import Refusal
from microflight.core.money import format_money


class Command(BaseCommand):
    """Prints the engine's answer, with the reason and source of each refusal."""

    help = "Prints which shipping methods take a cart to a destination, and why others do not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add destination, products and date."""
        parser.add_argument("destination", help="CA:SK, US:NY:10001 or DE")
        parser.add_argument("products", nargs="+", metavar="SKU[=QUANTITY]")
        parser.add_argument("--on", type=date.fromisoformat, help="a day such as 2026-12-24")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            destination = read_destination(*options["destination"].split(":", 2))
            lines = tuple(read_products(options["products"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        found = SampleCart(lines, destination, options["on"] or timezone.localdate()).answer
        for line in _lines(found):
            self.stdout.write(line)
        self.stdout.write(f"{len(found.services)} services, {len(found.refused)} refused")


def _lines(found: Answer) -> list[str]:
    lines = []
    for service in found.services:
        parcels = len(service.parcels)
        lines.append(
            f"{service.name}: {format_money(service.charge)}, {service.days}, "
            f"{parcels} parcel{'s' * (parcels != 1)}, {service.weight_g} g"
        )
    for refusal in found.refused:
        lines += _refusal_lines(refusal)
    if found.closest:
        part = ", ".join(f"{item.quantity} × {item.title}" for item in found.closest)
        lines.append(f"The closest cart that can ship: {part}")
    return lines


def _refusal_lines(refusal: Refusal) -> list[str]:
    lines = [f"{refusal.name}: refused"]
    for cause in refusal.causes:
        day = f", {cause.source_date}" if cause.source_date else ""
        unconfirmed = "" if cause.confirmed else ", unconfirmed"
        code = f"{cause.rule.code}: " if cause.rule else ""
        lines.append(f"  - {code}{cause.reason} ({cause.source}{day}{unconfirmed})")
        if cause.titles:
            lines.append(f"    {', '.join(cause.titles)}")
        if cause.missing:
            lines.append(f"    unknown: {', '.join(cause.missing_facts)}")
    return lines + [f"  + {each.text}" for each in refusal.help]
