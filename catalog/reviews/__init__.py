"""Reviews (Oscar's app) and questions about products, both moderated."""
