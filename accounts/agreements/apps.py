from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Policy acceptances of accounts, and announcements of policy changes."""

    name = "accounts.agreements"
    label = "agreements"

    def ready(self) -> None:
        from accounts.agreements import receivers  # noqa: F401 (connects on import)
