import oscar.apps.catalogue.apps as apps


class CatalogueConfig(apps.CatalogueConfig):
    """Products, categories and their pages."""

    name = "catalog"

    def ready(self) -> None:
        """Connect Oscar's receivers, which hide the subcategories of hidden categories. Oscar's
        views are not used. Campaigns may show products."""
        from oscar.apps.catalogue import receivers  # noqa: F401 (connects receivers)

        from catalog import newsletter  # noqa: F401 (registers)
