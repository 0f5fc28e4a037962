import oscar.apps.wishlists.apps as apps


class WishlistsConfig(apps.WishlistsConfig):
    """Wish lists (Oscar: wishlists)."""

    name = "catalog.wish_lists"

    def ready(self) -> None:
        """Load nothing: Oscar's views are not used."""
