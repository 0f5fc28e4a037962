"""Trade terms in four languages, for staff to maintain."""

import csv
from pathlib import Path

from catalog.search_index.models import Synonym
from catalog.search_index.word_forms import words_of

_FILE = Path(__file__).parent / "data" / "synonyms.csv"


def load() -> None:
    """Add the synonyms if there are none: staff change and delete them."""
    if Synonym.objects.exists():
        return
    with _FILE.open(encoding="utf-8", newline="") as lines:
        rows = {" ".join(words_of(row["term"])): row for row in csv.DictReader(lines)}
    Synonym.objects.bulk_create(Synonym(key=key, **row) for key, row in rows.items())
