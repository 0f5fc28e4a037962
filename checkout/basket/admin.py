"""Carts are the shoppers' own: staff have no list of them."""
