from django.apps import AppConfig
from django.db.models.signals import post_delete, pre_save


class RedirectsConfig(AppConfig):
    """Old URLs of the shop."""

    name = "catalog.redirects"
    label = "redirects"

    def ready(self) -> None:
        """Record renamed and withdrawn products."""
        from catalog.models import Product  # models are loaded only now
        from catalog.redirects import services  # imports models

        pre_save.connect(services.product_changes, Product, dispatch_uid="redirects of products")
        post_delete.connect(services.product_deleted, Product, dispatch_uid="deleted products")
