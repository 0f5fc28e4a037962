import oscar.apps.catalogue.apps as apps


class CatalogueConfig(apps.CatalogueConfig):
    """Products, categories and their pages."""

    name = "catalog"

    def ready(self) -> None:
        """Oscar's receivers keep the public state of sub-categories; its views are not used.
        Letters may show products."""
        from oscar.apps.catalogue import receivers  # noqa: F401 (connects receivers)

        from catalog import newsletter  # noqa: F401 (registers)
