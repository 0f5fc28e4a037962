"""Canadian sales tax rates, each with its first day.

Sources: Canada Revenue Agency, "GST/HST calculator (and rates)"; British Columbia, Manitoba,
Saskatchewan and Revenu Québec on their own taxes. Before a rate changes, staff add one with its
first day; rates in this file are never edited.
"""

from datetime import date
from decimal import Decimal

from checkout.tax.models import TaxRate

_GST = ("GST", "0.05", date(2008, 1, 1), None)

RATES: dict[str, list[tuple[str, str, date, date | None]]] = {
    "AB": [_GST],
    "BC": [_GST, ("PST", "0.07", date(2013, 4, 1), None)],
    # Manitoba calls its PST the retail sales tax.
    "MB": [
        _GST,
        ("PST", "0.08", date(2013, 7, 1), date(2019, 6, 30)),
        ("PST", "0.07", date(2019, 7, 1), None),
    ],
    "NB": [("HST", "0.15", date(2016, 7, 1), None)],
    "NL": [("HST", "0.15", date(2016, 7, 1), None)],
    "NS": [
        ("HST", "0.15", date(2010, 7, 1), date(2025, 3, 31)),
        ("HST", "0.14", date(2025, 4, 1), None),
    ],
    "NT": [_GST],
    "NU": [_GST],
    "ON": [("HST", "0.13", date(2010, 7, 1), None)],
    "PE": [("HST", "0.15", date(2016, 10, 1), None)],
    "QC": [_GST, ("QST", "0.09975", date(2013, 1, 1), None)],
    "SK": [_GST, ("PST", "0.06", date(2017, 3, 23), None)],
    "YT": [_GST],
}


def load() -> int:
    """Create missing rates; return how many. Rates that staff added stay."""
    count = 0
    for province, rows in RATES.items():
        for component, rate, starts_on, ends_on in rows:
            _, created = TaxRate.objects.get_or_create(
                country="CA",
                province=province,
                component=component,
                starts_on=starts_on,
                defaults={"rate": Decimal(rate), "ends_on": ends_on},
            )
            count += created
    return count
