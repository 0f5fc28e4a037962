"""The catalogue for staff: one form per product, categories as a tree, kinds of product."""

from catalog.admin import products, taxonomy

__all__ = ["products", "taxonomy"]
