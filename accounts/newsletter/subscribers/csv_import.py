"""Reads a CSV file of people: what each row states, or what is wrong with it.

UTF-8 with or without a byte order mark; commas, semicolons or tabs. It is read as a stream.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import IO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from accounts.newsletter.subscribers.email_hash import normalize_email
from accounts.newsletter.subscribers.models import RowResult

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000  # checked during one request: a few seconds
REQUIRED = ("email", "topics", "consent_text", "consent_date", "consent_origin")
#: Optional columns, and the most characters that each field holds.
OPTIONAL = {
    "name": 120,
    "country": 2,
    "job_title": 80,
    "purchasing_role": 80,
    "company": 120,
    "certification": 120,
    "confirmed_date": 40,
}
COLUMNS = (*REQUIRED, *OPTIONAL)
MAX_TEXT = 2000
MAX_ORIGIN = 150  # the stated day may be added to it
#: The shop is online since 1996: no consent can be older.
_FIRST_DAY = datetime(1996, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: What a spreadsheet takes for a formula. The export puts an apostrophe in front.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class InvalidFile(Exception):
    """The file as a whole cannot be read. Its text may be shown."""


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


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """One row that is skipped, and why."""

    email: str  # as in the file
    result: RowResult
    reason: str


def read(
    file: IO[bytes], topics: Collection[str]
) -> tuple[tuple[str, ...], Iterator[Person | InvalidRow]]:
    """Return the unknown columns of a file, and its rows one by one. `topics`: the known slugs.

    Raises InvalidFile, also while rows are read.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        first_line = text.readline()
    except UnicodeDecodeError as error:
        raise _not_utf8() from error
    delimiter = max(",;\t", key=first_line.count)
    header = next(csv.reader([first_line], delimiter=delimiter), [])
    columns = [name.strip().lower() for name in header]
    if missing := [name for name in REQUIRED if name not in columns]:
        raise InvalidFile(_("Missing columns: %s.") % ", ".join(missing))
    if twice := sorted({name for name in columns if name in COLUMNS and columns.count(name) > 1}):
        raise InvalidFile(_("Duplicate columns: %s.") % ", ".join(twice))
    ignored = tuple(name for name in columns if name and name not in COLUMNS)
    return ignored, _rows(text, columns, delimiter, topics)


def _not_utf8() -> InvalidFile:
    return InvalidFile(_("The file is not UTF-8. Export it as “CSV UTF-8”."))


def _rows(
    text: io.TextIOWrapper, columns: list[str], delimiter: str, topics: Collection[str]
) -> Iterator[Person | InvalidRow]:
    try:
        reader = csv.reader(text, delimiter=delimiter)
        for number, cells in enumerate((row for row in reader if any(row)), start=1):
            if number > MAX_ROWS:
                raise InvalidFile(_("The limit is %s rows. Split the file.") % f"{MAX_ROWS:,}")
            values = zip(columns, cells, strict=False)
            yield _row({name: _plain(value) for name, value in values}, topics)
    except UnicodeDecodeError as error:
        raise _not_utf8() from error
    except csv.Error as error:
        raise InvalidFile(_("The file is not valid CSV.")) from error
    finally:
        text.detach()  # the caller closes the file


def _plain(cell: str) -> str:
    """Return a cell trimmed, without the apostrophe that our export puts before formulas."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA[:4] else cell


class _Invalid(Exception):
    def __init__(self, result: RowResult, reason: str) -> None:
        super().__init__(reason)
        self.result, self.reason = result, reason


def _row(cells: Mapping[str, str], topics: Collection[str]) -> Person | InvalidRow:
    try:
        return _person(cells, topics)
    except _Invalid as error:
        email = _CONTROL.sub("", cells.get("email", "")[:254])
        return InvalidRow(email, error.result, error.reason)


def _person(cells: Mapping[str, str], topics: Collection[str]) -> Person:
    email = _email(cells.get("email", ""))
    for name in COLUMNS:
        if _CONTROL.search(cells.get(name, "")):
            raise _Invalid(RowResult.INVALID, _("%s contains control characters") % name)
    text, origin = cells.get("consent_text", ""), cells.get("consent_origin", "")
    if not text or not origin:
        name = "consent_origin" if text else "consent_text"
        raise _Invalid(RowResult.NO_CONSENT, _("%s is empty") % name)
    if len(text) > MAX_TEXT or len(origin) > MAX_ORIGIN:
        raise _Invalid(RowResult.INVALID, _("consent_text or consent_origin is too long"))
    requested_at = _moment("consent_date", cells.get("consent_date", ""))
    return Person(
        email,
        _topics(cells.get("topics", ""), topics),
        text,
        requested_at,
        origin,
        _confirmed(cells.get("confirmed_date", ""), requested_at),
        _details(cells),
    )


def _email(cell: str) -> str:
    email = normalize_email(cell)
    if not email:
        raise _Invalid(RowResult.BAD_EMAIL, _("email is empty"))
    try:
        validate_email(email)
    except ValidationError as error:
        raise _Invalid(RowResult.BAD_EMAIL, _("not a valid email address")) from error
    if len(email) > 254:
        raise _Invalid(RowResult.BAD_EMAIL, _("the email address is too long"))
    return email


def _moment(name: str, cell: str) -> datetime:
    """Return a day (its noon) or a moment, neither before 1996 nor in the future."""
    moment = _parse_moment(cell)
    if moment is None:
        reason = _("%s is empty or not a date like 2024-05-31") % name
        raise _Invalid(RowResult.NO_CONSENT, reason)
    now = timezone.now()
    # today's noon may be still to come
    if moment < _FIRST_DAY or moment.date() > now.date():
        raise _Invalid(RowResult.NO_CONSENT, _("%s is before 1996 or in the future") % name)
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


def _confirmed(cell: str, requested_at: datetime) -> datetime | None:
    if not cell:
        return None
    confirmed_at = _moment("confirmed_date", cell)
    if confirmed_at.date() < requested_at.date():
        raise _Invalid(RowResult.NO_CONSENT, _("confirmed_date is before consent_date"))
    return max(confirmed_at, requested_at)


def _topics(cell: str, topics: Collection[str]) -> tuple[str, ...]:
    if not cell:
        raise _Invalid(RowResult.NO_CONSENT, _("topics is empty"))
    wanted = tuple(dict.fromkeys(re.split(r"[\s,;|]+", cell.lower().strip())))
    if unknown := [slug for slug in wanted if slug not in topics]:
        raise _Invalid(RowResult.INVALID, _("unknown topic: %s") % unknown[0][:40])
    return wanted


def _details(cells: Mapping[str, str]) -> dict[str, str]:
    details = {name: cells.get(name, "") for name in OPTIONAL if name != "confirmed_date"}
    for name, value in details.items():
        if len(value) > OPTIONAL[name]:
            longest = {"name": name, "count": OPTIONAL[name]}
            reason = _("%(name)s is longer than %(count)d characters") % longest
            raise _Invalid(RowResult.INVALID, reason)
    details["country"] = details["country"].upper()
    if details["country"] and not re.fullmatch("[A-Z]{2}", details["country"]):
        raise _Invalid(RowResult.INVALID, _("country is not a two-letter code, such as CA"))
    return details
