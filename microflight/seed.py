"""What `manage.py seed_shop` loads, in order."""

from collections.abc import Callable, Iterator
from importlib import import_module
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import transaction

from catalog import read_model
from catalog.seed.compatibility import load_compatibility_entries, load_port_rules
from catalog.seed.countries import load_countries
from catalog.seed.external_offers import load_external_offers
from catalog.seed.facts import load_facts
from catalog.seed.kits import load_kits
from catalog.seed.products import load_products
from catalog.seed.stock import load_stock
from catalog.seed.structure import load_categories, load_classes
from checkout.offers.seed import load_offers

#: Modules with `load() -> None`: calendars, rates, taxes, rules, policies, newsletter topics.
MODULES = (
    "policies.opening.seed",
    "checkout.shipping.seed",
    "checkout.shipping.destinations",
    "checkout.tax.seed",
    "checkout.tax_reports.seed",
    "checkout.withdrawal.seed",
    "checkout.deadlines.seed",
    "checkout.documents.seed",
    "policies.seed",
    "catalog.home_blocks.seed",
    "catalog.content.seed",
    "catalog.search_index.seed",
    "catalog.redirects.seed",
    "accounts.newsletter.subscribers.topics",
)


@transaction.atomic
def load_shop() -> None:
    """Load site, countries, catalogue and offers, in one transaction. Safe to repeat."""
    load_site()
    load_countries()
    categories = load_categories()
    products = load_products(load_classes(), categories)
    load_facts(products)
    load_external_offers(products)
    load_port_rules()
    load_compatibility_entries(products)
    load_stock(products)
    load_kits(products)
    load_offers(categories)
    read_model.refresh()


def load_site() -> None:
    """Store the domain and name of the shop."""
    host = urlsplit(settings.SITE_URL).netloc
    Site.objects.update_or_create(
        pk=settings.SITE_ID, defaults={"domain": host, "name": settings.OSCAR_SHOP_NAME}
    )


def package_loaders() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield name and `load` of each module."""
    for name in MODULES:
        yield name.removesuffix(".seed"), import_module(name).load
