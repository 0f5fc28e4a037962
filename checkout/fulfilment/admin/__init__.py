"""The order desk: reading orders, shipping, cancelling, refunding."""

from checkout.fulfilment.admin import orders

__all__ = ["orders"]
