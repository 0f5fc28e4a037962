"""Admin of shipping: zones, methods, rates, cartons, and countries."""

from checkout.shipping.admin import cartons, countries, import_charges, methods, rates, rules, zones

__all__ = ["cartons", "countries", "import_charges", "methods", "rates", "rules", "zones"]
