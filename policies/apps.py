from django.apps import AppConfig

from microflight.core import link_check


class PoliciesConfig(AppConfig):
    """Policies with versions, acceptances and site-wide notices."""

    name = "policies"

    def ready(self) -> None:
        """Require that a version passes the checks before review; tell which pages are public."""
        from policies import lint, services, workflow  # models are loaded only now

        workflow.CHECKS.append(lint.errors)
        link_check.register("policies:page", lambda where: services.is_published(where["slug"]))
