"""The desk's part of returns: reading, answering, receiving, refunding."""

from checkout.returns.admin import returns

__all__ = ["returns"]
