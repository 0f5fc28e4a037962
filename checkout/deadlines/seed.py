"""The delay rules of the US and of Saskatchewan."""

from datetime import date
from typing import Any

from oscar.apps.address.models import Country

from checkout.deadlines.models import DelayRule

RULES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "FTC mail-order rule": (
        ["US"],
        {"silent_days": 30, "refund_days": 7, "source": "16 CFR 435 (a copy of the text)"},
    ),
    "Saskatchewan internet sales": (
        ["CA"],
        {
            "silent_days": None,
            "refund_days": 15,
            "source": "Consumer protection law of Saskatchewan, from memory: cancel if not "
            "delivered within 30 days of the stated date",
        },
    ),
}


def load() -> None:
    """Create missing rules; what staff changed stays."""
    days = {"source_date": date(2026, 11, 29), "check_again_on": date(2027, 6, 1)}
    for name, (countries, values) in RULES.items():
        rule, created = DelayRule.objects.get_or_create(name=name, defaults={**values, **days})
        if created:
            rule.countries.set(Country.objects.filter(pk__in=countries))
