"""The order desk: reading orders, shipping, cancelling, refunding."""

from checkout.order.admin import orders

__all__ = ["orders"]
