from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions: one form for an offer with its rules, product range and discount codes."""

    name = "checkout.promotions"
    label = "promotions"
