"""Pictures of the seed's products: line drawings made from each product's own dimensions."""
