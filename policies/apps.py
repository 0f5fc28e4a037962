from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Policies with versions, acceptances and site-wide notices."""

    name = "policies"

    def ready(self) -> None:
        """Require that a version passes the checks before review."""
        from policies import lint, workflow  # models are loaded only now

        workflow.CHECKS.append(lint.errors)
