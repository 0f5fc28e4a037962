"""Reads a CSV file of people: what each row states, or what is wrong with it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import IO

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.email_addresses import normalize_email
from accounts.newsletter.subscribers.models import DETAILS, RowResult, Subscriber
from microflight.core.csv_files import read_table
from microflight.core.email_address import check_deliverable
from microflight.core.text import one_line

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000  # checked during one request: a few seconds
REQUIRED = ("email", "topics", "consent_text", "consent_date", "consent_origin")
OPTIONAL = (*DETAILS, "confirmed_date")
COLUMNS = (*REQUIRED, *OPTIONAL)
_LONGEST = {each.name: each.max_length or 0 for each in Subscriber._meta.fields}
MAX_TEXT = 2000
MAX_ORIGIN = 150  # the stated day may be added to it
#: The shop is online since 1996: no consent can be older.
_FIRST_DAY = datetime(1996, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Person:
    """One valid row."""

    email: str  # normalized
    topics: tuple[str, ...]  # slugs
    text: str
    requested_at: datetime
    origin: str
    confirmed_at: datetime | None  # the owner of the address followed a link then
    details: Mapping[str, str]  # name, country and the other optional details


class InvalidRow(Exception):
    """One row that is skipped, and why."""

    email = ""  # as in the file

    def __init__(self, result: RowResult, reason: str) -> None:
        super().__init__(reason)
        self.result, self.reason = result, reason


def read(
    file: IO[bytes], topics: Collection[str]
) -> tuple[tuple[str, ...], Iterator[Person | InvalidRow]]:
    """Return the unknown columns of a file, and its rows one by one. `topics`: the known slugs.

    Raises InvalidFile, also while rows are read.
    """
    ignored, rows = read_table(file, required=REQUIRED, optional=OPTIONAL, max_rows=MAX_ROWS)
    return ignored, (_row(cells, topics) for _number, cells in rows)


def _row(cells: Mapping[str, str], topics: Collection[str]) -> Person | InvalidRow:
    try:
        return _person(cells, topics)
    except InvalidRow as problem:
        problem.email = _CONTROL.sub("", cells["email"][:254])
        return problem


def _person(cells: Mapping[str, str], topics: Collection[str]) -> Person:
    email = _email(cells["email"])
    for name in COLUMNS:
        if _CONTROL.search(cells[name]):
            raise InvalidRow(RowResult.INVALID, _("%s contains control characters") % name)
    text, origin = cells["consent_text"], cells["consent_origin"]
    for name in ("consent_text", "consent_origin", "topics"):
        if not cells[name]:
            raise InvalidRow(RowResult.NO_CONSENT, _("%s is empty") % name)
    if len(text) > MAX_TEXT or len(origin) > MAX_ORIGIN:
        raise InvalidRow(RowResult.INVALID, _("consent_text or consent_origin is too long"))
    requested_at, confirmed_at = _moment("consent_date", cells["consent_date"]), None
    if cells["confirmed_date"]:
        confirmed_at = _moment("confirmed_date", cells["confirmed_date"])
        if confirmed_at.date() < requested_at.date():
            raise InvalidRow(RowResult.NO_CONSENT, _("confirmed_date is before consent_date"))
        confirmed_at = max(confirmed_at, requested_at)
    wanted = tuple(dict.fromkeys(re.split(r"[\s,;|]+", cells["topics"].lower())))
    if unknown := [slug for slug in wanted if slug not in topics]:
        raise InvalidRow(RowResult.INVALID, _("unknown topic: %s") % unknown[0][:40])
    return Person(email, wanted, text, requested_at, origin, confirmed_at, _details(cells))


def _email(cell: str) -> str:
    email = normalize_email(cell)
    try:
        check_deliverable(email)
    except ValidationError as error:
        reason = _("not a valid email address") if email else _("email is empty")
        raise InvalidRow(RowResult.BAD_EMAIL, reason) from error
    if len(email) > 254:
        raise InvalidRow(RowResult.BAD_EMAIL, _("the email address is too long"))
    return email


def _moment(name: str, cell: str) -> datetime:
    """Return a day (its noon) or a moment, neither before 1996 nor in the future."""
    moment, now = _parse_moment(cell), timezone.now()
    if moment is None:
        reason = _("%s is empty or not a date like 2024-05-31") % name
        raise InvalidRow(RowResult.NO_CONSENT, reason)
    # today's noon may be still to come
    if moment < _FIRST_DAY or moment.date() > now.date():
        raise InvalidRow(RowResult.NO_CONSENT, _("%s is before 1996 or in the future") % name)
    return min(moment, now)


@lru_cache(maxsize=1024)  # a file has the same few days again and again
def _parse_moment(cell: str) -> datetime | None:
    try:
        day = parse_date(cell)
        moment = datetime.combine(day, time(12)) if day else parse_datetime(cell)
    except ValueError:
        return None
    if moment is not None and timezone.is_naive(moment):
        return timezone.make_aware(moment)
    return moment


def _details(row: Mapping[str, str]) -> dict[str, str]:
    cells = {name: one_line(row[name]) for name in DETAILS}
    for name in DETAILS:
        if len(cells[name]) > _LONGEST[name]:
            longest = {"name": name, "count": _LONGEST[name]}
            reason = ngettext(
                "%(name)s is longer than %(count)d character",
                "%(name)s is longer than %(count)d characters",
                _LONGEST[name],
            )
            raise InvalidRow(RowResult.INVALID, reason % longest)
    country = cells["country"].upper()
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise InvalidRow(RowResult.INVALID, _("country is not a two-letter code, such as CA"))
    return {**cells, "country": country}
