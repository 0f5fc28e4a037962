"""The admin of the catalogue: products, categories, product types, attribute options."""

from catalog.admin import products, taxonomy

__all__ = ["products", "taxonomy"]
