"""Loads the visitor's cart when a view asks for it."""

from oscar.apps.basket import middleware


class BasketMiddleware(middleware.BasketMiddleware):
    """Oscar's lazy basket on each request."""
