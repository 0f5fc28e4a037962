from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Who asked for which letters, and the letters that are sent to all of them."""

    name = "accounts.newsletter"
    label = "newsletter"
