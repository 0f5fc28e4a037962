import oscar.apps.search.apps as apps


class SearchConfig(apps.SearchConfig):
    """Words and filters to products, in the database."""

    name = "catalog.search"

    def ready(self) -> None:
        """None of Oscar's haystack views is loaded."""
