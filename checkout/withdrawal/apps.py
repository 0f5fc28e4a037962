from django.apps import AppConfig


class WithdrawalConfig(AppConfig):
    """Withdrawal from a contract, by buyers in countries whose law allows it."""

    name = "checkout.withdrawal"
    label = "withdrawal"

    def ready(self) -> None:
        """Register the emails: workers load no URLs."""
        from checkout.withdrawal import emails  # noqa: F401 (models are loaded by now)
