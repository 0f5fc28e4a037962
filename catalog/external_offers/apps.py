from django.apps import AppConfig


class ExternalOffersConfig(AppConfig):
    """Links to products at other sellers."""

    name = "catalog.external_offers"
    label = "external_offers"
