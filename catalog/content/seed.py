"""The first entries of the menus; staff can change, hide and delete them."""

from typing import Any

from catalog.content.models import MenuEntry

#: By menu: label and link, in order.
ENTRIES = {
    "service": (
        ("Privacy and Security", "/policies/privacy/"),
        ("Shipping Information", "/policies/shipping/"),
        ("Payment Methods", "/policies/payment/"),
        ("Returns", "/policies/returns/"),
        ("Orders and Returns", "/orders/"),
        ("Manuals", "/manuals/"),
        ("Contact Us", "/contact/"),
    ),
    "shop": (
        ("New Arrivals", "/new/"),
        ("Sale", "/sale/"),
        ("Advanced Search", "/search/advanced/"),
        ("Build Sheet", "/build/"),
        ("Quick Order", "/quick-order/"),
        ("Manuals", "/manuals/"),
        ("Site Map", "/site-map/"),
    ),
    "account": (
        ("My Account", "/account/"),
        ("Orders and Returns", "/orders/"),
        ("Compare", "/compare/"),
        ("Cart", "/cart/"),
    ),
    "footer-service": (
        ("Contact Us", "/contact/"),
        ("Shipping Information", "/policies/shipping/"),
        ("Payment Methods", "/policies/payment/"),
        ("Returns", "/policies/returns/"),
        ("Privacy and Security", "/policies/privacy/"),
    ),
}


def load(model: Any = MenuEntry) -> None:
    """Create the entries, unless there are any."""
    if model.objects.exists():
        return
    model.objects.bulk_create(
        model(menu=menu, label=label, link=link, position=position, is_published=True)
        for menu, links in ENTRIES.items()
        for position, (label, link) in enumerate(links, start=1)
    )
