"""Orders that staff take, in the admin of orders and products."""

from checkout.offline.admin import orders, reservations, tickets

__all__ = ["orders", "reservations", "tickets"]
