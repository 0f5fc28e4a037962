"""Wish lists: Oscar's app with unguessable links."""
