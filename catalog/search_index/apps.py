from django.apps import AppConfig


class SearchIndexConfig(AppConfig):
    """What search finds."""

    name = "catalog.search_index"
    label = "search_index"

    def ready(self) -> None:
        """Update the documents of policies when a version is published."""
        from catalog.search_index import pages  # imports models
        from policies.workflow import published

        published.connect(pages.policy_published, dispatch_uid="search pages")
