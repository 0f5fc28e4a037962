"""Every check of the audit. Each module registers its own; this is the order of the printout."""

from checkout.audit.checks import money, charges, refunds, stock, mail, tax, offers, desk  # noqa: F401, I001
from checkout.audit.checks.base import CHECKS, Breach

__all__ = ["CHECKS", "Breach"]
