"""The search log: what is searched for, and nothing about who searches."""

import re

from catalog.list_query import ListQuery
from catalog.search_index.models import SearchTerm
from catalog.search_index.word_forms import plain
from microflight.core.limits import within_limit

_MOST_AN_HOUR = 2_000  # random searches cannot fill the table
_LONGEST = 60
#: An address, or so many digits that it may be a phone or card number.
_PERSONAL = re.compile(r"@|(?:[0-9][^0-9a-z]*){7}")


def record(wanted: ListQuery, results: int) -> None:
    """Count a search, unless its words may be personal data."""
    term = " ".join(plain(wanted.search).split())
    is_same = wanted.page > 1 or wanted.is_filtered  # of a search that was counted
    if not term or is_same or len(term) > _LONGEST or _PERSONAL.search(term):
        return
    if within_limit("search log", who="all", most=_MOST_AN_HOUR, seconds=3600):
        SearchTerm.objects.record(term, results)
