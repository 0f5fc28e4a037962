"""The apps of Oscar that this shop replaces, and why.

All others run as Oscar ships them. A fork keeps Oscar's app label, so that foreign keys and
migrations still work.
"""

from collections.abc import Iterable

FORKS: dict[str, str] = {
    # our own admin site: models grouped by task, with a To do list
    "django.contrib.admin": "microflight.apps.ShopAdminConfig",
    # our own ready() and get_urls(): no dashboard, none of Oscar's storefront pages
    "oscar.config.Shop": "microflight.oscar_root.MicroFlightShop",
    # Oscar writes a row for each product view and purchase; we do not count visitors that way
    "oscar.apps.analytics.apps.AnalyticsConfig": "microflight.oscar_root.QuietAnalyticsConfig",
    # weight, batteries, image sizes; pages and lists with a fixed number of queries
    "oscar.apps.catalogue.apps.CatalogueConfig": "catalog.apps.CatalogueConfig",
    # stock is taken by a conditional UPDATE; backorders
    "oscar.apps.partner.apps.PartnerConfig": "catalog.partner.apps.PartnerConfig",
    # Oscar's search needs a search server
    "oscar.apps.search.apps.SearchConfig": "catalog.search.apps.SearchConfig",
    # moderated reviews by buyers with a name of their choice; questions
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig": (
        "catalog.reviews.apps.CatalogueReviewsConfig"
    ),
    # names of 60 letters, and links that cannot be guessed
    "oscar.apps.wishlists.apps.WishlistsConfig": "catalog.wish_lists.apps.WishlistsConfig",
    # our own pages; the order is created before the payment
    "oscar.apps.checkout.apps.CheckoutConfig": "checkout.apps.CheckoutConfig",
    # prefetched lines, one open order per basket
    "oscar.apps.basket.apps.BasketConfig": "checkout.basket.apps.BasketConfig",
    # one query for the products of an offer's range, not one per line
    "oscar.apps.offer.apps.OfferConfig": "checkout.offers.apps.OfferConfig",
    # states in one place, shipments, order numbers with a check digit
    "oscar.apps.order.apps.OrderConfig": "checkout.order.apps.OrderConfig",
    # weight bands by zone; Oscar's tables are not used, so they are not created
    "oscar.apps.shipping.apps.ShippingConfig": "checkout.shipping.apps.ShippingConfig",
    # attempts and transactions; Oscar's Source is read-modify-write, so its tables are not made
    "oscar.apps.payment.apps.PaymentConfig": "checkout.payment.apps.PaymentConfig",
    # login is allauth's
    "oscar.apps.customer.apps.CustomerConfig": "accounts.apps.CustomerConfig",
    # Oscar's template tags import this app, so a stub remains
    "oscar.apps.dashboard.apps.DashboardConfig": "microflight.oscar_root.NoDashboardConfig",
}

_DROPPED = {"haystack", "django_tables2", "widget_tweaks"}


def our_version_of(oscar_apps: Iterable[str]) -> list[str]:
    """Return Oscar's INSTALLED_APPS with our forks and without unused apps."""
    used = (app for app in oscar_apps if app not in _DROPPED)
    return [
        FORKS.get(app, app)
        for app in used
        if app in FORKS or not app.startswith("oscar.apps.dashboard")
    ]
