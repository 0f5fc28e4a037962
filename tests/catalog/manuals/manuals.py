"""Manuals for tests."""

from typing import Any

from catalog.manuals import services
from catalog.manuals.models import Manual, ManualRevision
from catalog.models import Product

BODY = (
    "## Charging\n\nCharge the cell at 20 mA.\n\n- one\n- two\n\n| a | b |\n| - | - |\n| c | d |\n"
)


def draft(title: str = "Mayfly manual", *products: Product, **fields: Any) -> ManualRevision:
    """Return a draft of the first or next revision of a manual."""
    slug = title.lower().replace(" ", "-")
    language = fields.pop("language", "en-CA")
    manual, is_new = Manual.objects.get_or_create(
        slug=slug, defaults={"title": title, "language": language}
    )
    if is_new:
        manual.products.set(products)
    return ManualRevision.objects.create(manual=manual, **{"body": BODY, **fields})


def published(title: str = "Mayfly manual", *products: Product, **fields: Any) -> ManualRevision:
    """Return the next revision of a manual, published."""
    return services.publish(draft(title, *products, **fields))
