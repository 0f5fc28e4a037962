"""Comparison of the double with Stripe's public TypeScript types."""
