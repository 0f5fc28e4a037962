"""Which of Oscar's apps (and of those it brings) this shop replaces, and why: the one table.

An app that is not named here runs as Oscar ships it. A fork keeps Oscar's app label, so foreign
keys and migrations that name the label go on working.
"""

from collections.abc import Iterable

FORKS: dict[str, str] = {
    # our own site: only this shop's pages, grouped by task, with what needs doing on top
    "django.contrib.admin": "microflight.apps.ShopAdminConfig",
    # our own ready() and get_urls(): no dashboard, none of Oscar's storefront pages
    "oscar.config.Shop": "microflight.oscar_root.MicroFlightShop",
    # Oscar writes a row for each product view and purchase; we do not count visitors that way
    "oscar.apps.analytics.apps.AnalyticsConfig": "microflight.oscar_root.QuietAnalyticsConfig",
    # weight, battery facts, picture sizes; pages and listing with a fixed number of queries
    "oscar.apps.catalogue.apps.CatalogueConfig": "catalog.apps.CatalogueConfig",
    # stock is taken by a conditional UPDATE; backorders
    "oscar.apps.partner.apps.PartnerConfig": "catalog.partner.apps.PartnerConfig",
    # Oscar's lists nothing without a search server
    "oscar.apps.search.apps.SearchConfig": "catalog.search.apps.SearchConfig",
    # our own pages, order first
    "oscar.apps.checkout.apps.CheckoutConfig": "checkout.apps.CheckoutConfig",
    # prefetched lines, one live order per basket
    "oscar.apps.basket.apps.BasketConfig": "checkout.basket.apps.BasketConfig",
    # what an offer's range contains is asked once for the whole cart, not per line
    "oscar.apps.offer.apps.OfferConfig": "checkout.offers.apps.OfferConfig",
    # states in one place, parcels, order numbers with a check digit
    "oscar.apps.order.apps.OrderConfig": "checkout.order.apps.OrderConfig",
    # weight bands by zone; Oscar's tables are not used, so they are not made
    "oscar.apps.shipping.apps.ShippingConfig": "checkout.shipping.apps.ShippingConfig",
    # attempts and movements; Oscar's Source is read-modify-write, so its tables are not made
    "oscar.apps.payment.apps.PaymentConfig": "checkout.payment.apps.PaymentConfig",
    # log-in is allauth's
    "oscar.apps.customer.apps.CustomerConfig": "accounts.apps.CustomerConfig",
    # Oscar's template tags import this app, so a stub must stay
    "oscar.apps.dashboard.apps.DashboardConfig": "microflight.oscar_root.NoDashboardConfig",
}

_DROPPED = {"haystack", "django_tables2", "widget_tweaks"}


def our_version_of(oscar_apps: Iterable[str]) -> list[str]:
    """Return Oscar's INSTALLED_APPS with forks put in and the unused apps left out."""
    kept = (app for app in oscar_apps if app not in _DROPPED)
    return [
        FORKS.get(app, app)
        for app in kept
        if app in FORKS or not app.startswith("oscar.apps.dashboard")
    ]
