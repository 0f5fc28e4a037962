from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """What the shop promises, in versions, and who agreed to which."""

    name = "policies"

    def ready(self) -> None:
        """Let a text's checks decide whether it may go to review."""
        from policies import lint, publishing

        publishing.CHECKS.append(lint.errors)
