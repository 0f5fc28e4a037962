"""External offers of the demo: invented sellers, and links to example.com."""

from catalog.external_offers.models import ExternalOffer
from catalog.models import Product

#: SKU, seller, country ("" for all).
_OFFERS = (
    ("MF-BT-020", "Example Cells Europe (demo)", "DE"),
    ("MF-BT-020", "Example Cells Europe (demo)", "FR"),
    ("MF-XS-STAND", "Example Marketplace (demo)", "CA"),
    ("MF-XS-STAND", "Example Marketplace (demo)", "US"),
    ("MF-AP-MAYFLY", "Example Marketplace (demo)", ""),
)


def load_external_offers(products: dict[str, Product]) -> None:
    """Create missing offers, so that changes by staff remain."""
    for sku, seller, country in _OFFERS:
        url = f"https://example.com/?product={sku}"
        ExternalOffer.objects.get_or_create(
            product=products[sku], seller=seller, country_id=country or None,
            defaults={"url": url},
        )  # fmt: skip
