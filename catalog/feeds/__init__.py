"""What other programs read: XML sitemaps, Atom feeds, and the product feed for merchants."""
