"""The topics that the shop opens with. Staff may add others in the admin."""

from accounts.newsletter.models import Topic

#: slug, name, one sentence; in their order.
FIRST = (
    ("new-products", "New products", "Aircraft and parts when they reach the shelf."),
    ("sales", "Sales", "What costs less, and until when."),
    ("flying-tips", "Flying tips", "Trimming, building and flying what weighs a few grams."),
    ("shop-news", "Shop news", "When we are away, and what changes in the shop."),
)
#: What the box on every page, the checkout and the registration are about: their words name these.
USUAL = tuple(slug for slug, _, _ in FIRST)


def load() -> None:
    """Write the topics that are not there yet; what staff changed stays."""
    for position, (slug, name, description) in enumerate(FIRST, start=1):
        values = {"name": name, "description": description, "position": position}
        Topic.objects.get_or_create(slug=slug, defaults=values)
