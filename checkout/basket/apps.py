import oscar.apps.basket.apps as apps


class BasketConfig(apps.BasketConfig):
    """The cart (Oscar's word for it is basket)."""

    name = "checkout.basket"

    def ready(self) -> None:
        """None of Oscar's basket views is loaded."""
