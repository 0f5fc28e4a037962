"""Thresholds with their running totals, exchange rates, tax lines and the tax report."""

from checkout.tax_reports.admin import report, thresholds

__all__ = ["report", "thresholds"]
