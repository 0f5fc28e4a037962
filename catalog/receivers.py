"""Reviews and questions change what the page of their product shows."""

from typing import Any

from catalog import read_model
from catalog.models import Product
from microflight.core import page_cache


def refresh_feedback(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Update the read model after a review or question was saved or deleted.

    Not while its product is being deleted: that would write rows that refer to the product.
    """
    if getattr(origin, "model", type(origin)) is not Product:
        read_model.refresh([instance.product_id])
        page_cache.invalidate()
