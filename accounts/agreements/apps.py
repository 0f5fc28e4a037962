from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Who agreed to which text, and who has to hear that a text changes."""

    name = "accounts.agreements"
    label = "agreements"

    def ready(self) -> None:
        """Listen for published texts and for log-ins."""
        from django.contrib.auth.signals import user_logged_in

        from accounts.agreements import gate, telling
        from policies.publishing import published

        published.connect(
            lambda version, **_: telling.announce(version), weak=False, dispatch_uid="agreements"
        )
        user_logged_in.connect(gate.on_log_in, dispatch_uid="agreements")
