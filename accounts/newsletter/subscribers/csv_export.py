"""Subscribers as a CSV file for staff, streamed row by row."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.newsletter.subscribers.csv_import import FORMULA
from accounts.newsletter.subscribers.models import Consent, Subscriber

COLUMNS = (
    "email", "name", "state", "topics", "country", "job_title", "purchasing_role", "company",
    "certification", "paused_until", "created_at", "confirmed_at", "unsubscribed_at",
    "consent_text", "consent_date", "consent_origin", "confirmed_date",
)  # fmt: skip
_CHUNK = 1_000  # rows in memory at once


class _Echo:
    """A file that returns what is written to it."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_lines(rows: Iterator[tuple[object, ...]], columns: tuple[str, ...]) -> Iterator[str]:
    """Yield a CSV file line by line, with a byte order mark for Excel."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([_cell(cell) for cell in row]))


def export(people: "QuerySet[Subscriber]") -> Iterator[str]:
    """Yield a CSV file of subscribers that an import can read."""
    consents = Consent.objects.filter(withdrawn_at=None).order_by("pk")
    rows = people.order_by("pk").prefetch_related(
        "topics", Prefetch("consents", consents, to_attr="open_consents")
    )
    return csv_lines((_row(each) for each in rows.iterator(chunk_size=_CHUNK)), COLUMNS)


def _row(each: Any) -> tuple[object, ...]:
    confirmed = [consent for consent in each.open_consents if consent.confirmed_at]
    consent = (confirmed or each.open_consents or [None])[-1]
    values: dict[str, Any] = {name: getattr(each, name, "") for name in COLUMNS}
    values["topics"] = " ".join(topic.slug for topic in each.topics.all())
    if consent:
        values |= {
            "consent_text": consent.text,
            "consent_date": consent.requested_at,
            "consent_origin": consent.origin or consent.source,
            "confirmed_date": consent.confirmed_at,
        }
    return tuple(
        value.isoformat(timespec="seconds") if name.endswith(("_at", "_date")) and value else value
        for name, value in values.items()
    )
