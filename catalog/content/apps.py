from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Pages and menu entries of staff."""

    name = "catalog.content"
    label = "content"

    def ready(self) -> None:
        """Let links to a page work while it is shown."""
        from catalog.content.models import Page  # models are loaded only now
        from microflight.core import link_check  # imports forms

        link_check.register(
            "page", lambda kwargs: Page.objects.active().filter(slug=kwargs["slug"]).exists()
        )
