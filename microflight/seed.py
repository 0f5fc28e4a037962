"""What `manage.py seed_shop` loads, in order: rooms bring data, the project asks them."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import transaction

from catalog.search import index
from catalog.seed.products import load_products
from catalog.seed.stock import load_stock
from catalog.seed.structure import load_categories, load_classes
from catalog.seed.world import load_countries
from checkout.offers.seed import load_offers

# Modules with `load() -> None` of the rooms that bring their own data (delivery bands, tax
# rates, policies). Named, not imported: a room under construction is skipped.
ROOMS = ("checkout.shipping.seed", "checkout.tax.seed", "policies.seed", "accounts.newsletter.seed")


@transaction.atomic
def load_shop() -> None:
    """Site, countries, catalogue and offers, all or nothing. Running it again adds nothing."""
    load_site()
    load_countries()
    categories = load_categories()
    products = load_products(load_classes(), categories)
    load_stock(products)
    load_offers(categories)
    index.refresh()


def load_site() -> None:
    """The one row that absolute addresses in mail are built from."""
    host = urlsplit(settings.SITE_URL).netloc
    Site.objects.update_or_create(
        pk=settings.SITE_ID, defaults={"domain": host, "name": settings.OSCAR_SHOP_NAME}
    )


def room_loaders() -> Iterator[tuple[str, Callable[[], None]]]:
    """The rooms' loaders that exist, with the name to show."""
    for name in ROOMS:
        if find_spec(name):
            yield name.removesuffix(".seed"), import_module(name).load
