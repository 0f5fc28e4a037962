"""Orders in the admin: the list, the order page, and its actions."""

from checkout.fulfilment.admin import orders

__all__ = ["orders"]
