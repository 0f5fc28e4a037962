"""Countries to ship to, from ISO 3166-1 (`data/countries.csv`), Canada and the US first."""

from oscar.apps.address.models import Country

from catalog.seed.tables import read_table

FIRST = {"CA": 20, "US": 10}  # Oscar lists a higher display_order first


def load_countries() -> int:
    """Create missing countries, so changes by staff remain; return how many were new."""
    known = set(Country.objects.values_list("iso_3166_1_a2", flat=True))
    missing = [line for line in read_table("countries") if line["alpha2"] not in known]
    return len(Country.objects.bulk_create(_country(line) for line in missing))


def _country(line: dict[str, str]) -> Country:
    return Country(
        iso_3166_1_a2=line["alpha2"],
        iso_3166_1_a3=line["alpha3"],
        iso_3166_1_numeric=line["numeric"],
        printable_name=line["name"],
        name=line["name"],
        display_order=FIRST.get(line["alpha2"], 0),
        is_shipping_country=True,
    )
