from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Who agreed to which text, and who has to hear that a text changes."""

    name = "accounts.agreements"
    label = "agreements"
