"""SKUs are compared without regard to case and dashes."""

from django.db.models import Value
from django.db.models.functions import Replace, Upper


def sku_key(field: str) -> Replace:
    """Return the expression that SKUs are compared by: capitals without dashes. It is indexed."""
    return Replace(Upper(field), Value("-"), Value(""))
