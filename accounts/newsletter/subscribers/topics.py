"""The topics that the shop starts with. Staff may add others in the admin."""

from accounts.newsletter.subscribers.models import Topic

#: slug, name, description; in order.
DEFAULT_TOPICS = (
    ("new-products", "New products", "New aircraft and parts, as soon as they are available."),
    ("sales", "Sales", "What is on sale, and until when."),
    ("flying-tips", "Flying tips", "Building, trimming and flying micro aircraft."),
    ("shop-news", "Shop news", "When we are away, and what is new in the shop."),
)
#: What the sign-up box, the checkout and the registration are about: their texts name these.
DEFAULT_SLUGS = tuple(slug for slug, _, _ in DEFAULT_TOPICS)


def load() -> None:
    """Create missing topics; what staff changed stays."""
    for position, (slug, name, description) in enumerate(DEFAULT_TOPICS, start=1):
        values = {"name": name, "description": description, "position": position}
        Topic.objects.get_or_create(slug=slug, defaults=values)
