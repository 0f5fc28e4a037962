"""The first rows of a new shop, from TOML files."""

from datetime import date
from pathlib import Path

from checkout.tax.models import Jurisdiction, TaxRegistration
from microflight.core.seed_rows import load_rows

ROWS = """
[texts]
DEMO = "invented for the demo"

[tax.TaxRegistration]
key = ["jurisdiction"]
common.source = "{DEMO}, by {WHO}"
common.source_date = 2026-11-29
common.check_again_on = 2027-03-01
rows = [
  {jurisdiction = "CA", number = "123456782RT0001", starts_on = 1999-01-04},
  {jurisdiction = "SK", number = "1234567", starts_on = 1999-01-04, source = "a certificate"},
]
"""


def written(folder: Path) -> Path:
    path = folder / "rows.toml"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_rows_have_common_values_unless_they_have_their_own(tmp_path: Path, db: None) -> None:
    assert load_rows(written(tmp_path), WHO="us") == 2
    rows = TaxRegistration.objects.order_by("jurisdiction")
    assert list(rows.values_list("jurisdiction", "source", "source_date")) == [
        ("CA", "invented for the demo, by us", date(2026, 11, 29)),
        ("SK", "a certificate", date(2026, 11, 29)),
    ]


def test_changed_and_added_rows_stay_and_deleted_ones_return(tmp_path: Path, db: None) -> None:
    load_rows(written(tmp_path), WHO="us")
    TaxRegistration.objects.filter(jurisdiction=Jurisdiction.SK).delete()
    kept = TaxRegistration.objects.get()
    kept.number, kept.ends_on = "987654324RT0001", date(2025, 12, 31)
    kept.save()
    later = date(2026, 1, 1)
    TaxRegistration.objects.create(
        jurisdiction=Jurisdiction.CANADA, number="123456782RT0002", starts_on=later,
        source="ours", source_date=later, check_again_on=later,
    )  # fmt: skip
    assert load_rows(written(tmp_path), WHO="us") == 1
    numbers = TaxRegistration.objects.values_list("number", flat=True)
    assert sorted(numbers) == ["1234567", "123456782RT0002", "987654324RT0001"]
