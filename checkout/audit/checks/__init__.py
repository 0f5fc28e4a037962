"""All checks of the audit. Each module registers its own, in the order of this import."""

from checkout.audit.checks import (  # noqa: F401, I001
    payments,
    stripe_payments,
    offline_payments,
    refunds,
    stock,
    emails,
    tax,
    offers,
    orders,
)
from checkout.audit.checks.base import CHECKS, Breach

__all__ = ["CHECKS", "Breach"]
