import oscar.apps.catalogue.apps as apps
from django.db.models.signals import post_delete, post_save


class CatalogueConfig(apps.CatalogueConfig):
    """Products, categories and their pages."""

    name = "catalog"

    def ready(self) -> None:
        """Connect Oscar's receivers, which hide the subcategories of hidden categories. Oscar's
        views are not used. Campaigns may show products; reviews and questions change pages."""
        from oscar.apps.catalogue import receivers  # noqa: F401 (connects receivers)

        from catalog import newsletter  # noqa: F401 (registers)
        from catalog.receivers import refresh_feedback  # models are loaded only now
        from catalog.reviews.models import ProductReview, Question  # likewise

        for model in (ProductReview, Question):
            post_save.connect(refresh_feedback, sender=model)
            post_delete.connect(refresh_feedback, sender=model)
