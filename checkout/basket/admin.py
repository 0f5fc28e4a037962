"""Staff do not see carts: nothing is registered."""
