"""SKUs are compared without regard to case, dashes and spaces."""

from django.db.models import Value
from django.db.models.functions import Replace, Upper


def sku_key(sku: str) -> str:
    """Return what a SKU is compared by: capitals without dashes and spaces."""
    return sku.replace("-", "").replace(" ", "").upper()


def sku_key_of(field: str) -> Replace:
    """Return `sku_key` of a column as an SQL expression. It is indexed."""
    return Replace(Replace(Upper(field), Value("-"), Value("")), Value(" "), Value(""))
