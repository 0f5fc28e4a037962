"""Prints the URLs of the largest category and of a product with variants."""

import django
from django.db.models import Count

django.setup()

from catalog.models import Category, Product  # noqa: E402


def full_pages() -> tuple[str, str]:
    """Return both URLs, the same in every run over the same data."""
    category = Category.objects.annotate(n=Count("product")).order_by("-n", "pk").first()
    product = Product.objects.filter(structure=Product.PARENT).order_by("pk").first()
    if category is None or product is None:
        raise SystemExit("There are no products.")
    return category.get_absolute_url(), product.get_absolute_url()


if __name__ == "__main__":
    print(*full_pages())  # noqa: T201
