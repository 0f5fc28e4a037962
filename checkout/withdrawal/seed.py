"""The withdrawal rule of the European Union."""

from datetime import date

from oscar.apps.address.models import Country

from checkout.withdrawal.models import WithdrawalRule

#: Member states on 2026-11-29.
EU = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
]  # fmt: skip


def load() -> None:
    """Create the rule if it is missing; what staff changed stays."""
    rule, created = WithdrawalRule.objects.get_or_create(
        name="European Union",
        defaults={
            "days": 14,
            "late_days": 30,
            "source": "Directive 2011/83/EU, articles 9 to 16, and 2023/2673 (withdrawal function "
            "from 2026-06-19), from secondary sources",
            "source_date": date(2026, 11, 29),
            "check_again_on": date(2027, 6, 1),
        },
    )
    if created:
        rule.countries.set(Country.objects.filter(pk__in=EU))
