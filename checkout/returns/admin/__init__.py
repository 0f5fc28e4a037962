"""The admin of returns."""

from checkout.returns.admin import returns

__all__ = ["returns"]
