"""Pages of the former shop (Zen Cart), as staff would enter them."""

from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import normalize

_PAGES = {
    "contact_us": "/contact/",
    "shippinginfo": "/policies/shipping/",
    "privacy": "/policies/privacy/",
    "conditions": "/policies/terms/",
    "site_map": "/site-map/",
    "products_new": "/catalogue/?sort=new",
    "advanced_search": "/search/",
    "shopping_cart": "/cart/",
    "login": "/account/login/",
}


def load() -> None:
    """Add the redirects if there are none from staff: they change and delete them."""
    if Redirect.objects.filter(is_automatic=False).exists():
        return
    rows = {normalize(f"/index.php?main_page={page}"): new for page, new in _PAGES.items()}
    Redirect.objects.bulk_create(
        [Redirect(old_path=old, new_path=new) for old, new in rows.items()], ignore_conflicts=True
    )
