"""The admin of the catalogue: products, categories, product types, attribute options."""

from catalog.admin import compatibility, products, taxonomy

__all__ = ["compatibility", "products", "taxonomy"]
