from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions: one form for an offer with its rules, product range and discount codes."""

    name = "checkout.promotions"
    label = "promotions"

    def ready(self) -> None:
        """Provide the banners of catalogue pages."""
        from checkout.promotions import banners  # noqa: F401 (models are loaded only now)
