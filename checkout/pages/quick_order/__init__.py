"""Quick order: a list of SKUs and quantities, and adding several products at once."""
