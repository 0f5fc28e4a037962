"""Subscribers as a CSV file for staff, and all that is known of one person as JSON for them."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.newsletter.listfile import FORMULA
from accounts.newsletter.models import (
    Consent,
    Feedback,
    Subscriber,
    Suppression,
    digest_of,
)

COLUMNS = (
    "email", "name", "state", "topics", "country", "job_title", "purchasing_role", "company",
    "certification", "paused_until", "created_at", "confirmed_at", "left_at", "consent_text",
    "consent_date", "consent_origin", "confirmed_date",
)  # fmt: skip
_CHUNK = 1_000  # rows in memory at once


class _Echo:
    """A file that hands back what is written to it, so that rows can be streamed."""

    def write(self, line: str) -> str:
        return line


def guarded(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_lines(rows: Iterator[tuple[object, ...]], columns: tuple[str, ...]) -> Iterator[str]:
    """Yield a CSV file line by line, with a mark at its start by which Excel knows UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([guarded(cell) for cell in row]))


def subscribers(people: "QuerySet[Subscriber]") -> Iterator[str]:
    """Yield a CSV file of subscribers that `importing` could read: memory holds one chunk."""
    consents = Consent.objects.filter(withdrawn_at=None).order_by("pk")
    found = people.order_by("pk").prefetch_related(
        "topics", Prefetch("consents", consents, to_attr="open_consents")
    )
    return csv_lines((_cells(one) for one in found.iterator(chunk_size=_CHUNK)), COLUMNS)


def _cells(one: Any) -> tuple[object, ...]:
    confirmed = [each for each in one.open_consents if each.confirmed_at]
    consent = (confirmed or one.open_consents or [None])[-1]
    return (
        one.email, one.name, one.state, " ".join(topic.slug for topic in one.topics.all()),
        one.country, one.job_title, one.purchasing_role, one.company, one.certification,
        one.paused_until, _moment(one.created_at), _moment(one.confirmed_at), _moment(one.left_at),
        *(
            (consent.wording, _moment(consent.asked_at), consent.origin or consent.source,
             _moment(consent.confirmed_at))
            if consent
            else ("", "", "", "")
        ),
    )  # fmt: skip


def _moment(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def person(one: Subscriber) -> dict[str, Any]:
    """Return all that the newsletter knows of somebody, for them: plain values for JSON.

    Names of staff are left out: they are other people's data.
    """
    digest = digest_of(one.email)
    fields = ("email", "name", "country", "job_title", "purchasing_role", "company",
              "certification", "clicks_counted", "paused_until")  # fmt: skip
    suppression = Suppression.objects.filter(digest=digest).first()
    return {
        **{name: getattr(one, name) for name in fields},
        "state": one.get_state_display(),
        "topics": [topic.name for topic in one.topics.all()],
        "since": one.created_at,
        "confirmed": one.confirmed_at,
        "left": one.left_at,
        "consents": [_consent(each) for each in Consent.objects.filter(digest=digest)],
        "events": list(one.events.values("at", "what", "note")),
        "letters": [
            {"letter": title, "state": state, "sent": sent}
            for title, state, sent in one.deliveries.order_by("pk").values_list(
                "campaign__subject", "state", "sent_at"
            )
        ],
        "reports_of_mail_servers": list(
            Feedback.objects.filter(digest=digest).values("at", "kind", "detail")
        ),
        "not_written_to": suppression.get_reason_display() if suppression else None,
    }


def _consent(each: Consent) -> dict[str, Any]:
    return {
        "words": each.wording,
        "text": str(each.version) if each.version else None,
        "topics": each.topics,
        "where": each.get_source_display(),
        "origin": each.origin,
        "network": each.network,
        "asked": each.asked_at,
        "confirmed": each.confirmed_at,
        "withdrawn": each.withdrawn_at,
        "withdrawn_how": each.withdrawn_how,
    }
