"""Subscribers as a CSV file for staff, streamed row by row."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.newsletter.subscribers.models import Consent, Subscriber
from microflight.core.csv_files import csv_lines

COLUMNS = (
    "email", "name", "state", "topics", "country", "job_title", "purchasing_role", "company",
    "certification", "paused_until", "created_at", "confirmed_at", "unsubscribed_at",
    "consent_text", "consent_date", "consent_origin", "confirmed_date",
)  # fmt: skip
_CHUNK = 1_000  # rows in memory at once


def export(people: "QuerySet[Subscriber]") -> Iterator[str]:
    """Yield a CSV file of subscribers that an import can read."""
    consents = Consent.objects.filter(withdrawn_at=None).order_by("pk")
    rows = people.order_by("pk").prefetch_related(
        "topics", Prefetch("consents", consents, to_attr="open_consents")
    )
    return csv_lines((_row(each) for each in rows.iterator(chunk_size=_CHUNK)), COLUMNS)


def _row(each: Any) -> tuple[object, ...]:
    confirmed = [consent for consent in each.open_consents if consent.confirmed_at]
    values: dict[str, Any] = {name: getattr(each, name, "") for name in COLUMNS}
    values["topics"] = " ".join(topic.slug for topic in each.topics.all())
    if consents := confirmed or each.open_consents:
        consent = consents[-1]
        values |= {
            "consent_text": consent.text,
            "consent_date": consent.requested_at,
            "consent_origin": consent.origin or consent.source,
            "confirmed_date": consent.confirmed_at,
        }
    return tuple(values.values())
