"""A list of people as a CSV file: what each row states, or what is wrong with it.

UTF-8 with or without a mark at its start; commas, semicolons or tabs. It is read as a stream.
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

from accounts.newsletter.models import Verdict, normal

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000  # they are checked while somebody waits: some seconds
NEEDED = ("email", "topics", "consent_text", "consent_date", "consent_origin")
#: Column and the most characters that its field holds.
OPTIONAL = {
    "name": 120,
    "country": 2,
    "job_title": 80,
    "purchasing_role": 80,
    "company": 120,
    "certification": 120,
    "confirmed_date": 40,
}
COLUMNS = (*NEEDED, *OPTIONAL)
LONGEST_WORDING = 2000
LONGEST_ORIGIN = 150  # the stated day may be added to it
#: The shop is on the web since 1996: nobody agreed to anything here before.
_FIRST_DAY = datetime(1996, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: What a spreadsheet takes for a formula. `exporting` puts an apostrophe in front.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


_NO_UTF8 = "The file is not in UTF-8. Export it anew as “CSV UTF-8”."


class Unreadable(Exception):
    """The file as a whole cannot be read. Its text may be shown."""


@dataclass(frozen=True, slots=True)
class Person:
    """One row that states all it has to."""

    email: str  # as it is stored
    topics: tuple[str, ...]  # slugs
    wording: str
    asked_at: datetime
    origin: str
    confirmed_at: datetime | None  # the owner of the address followed a link then
    about: Mapping[str, str]  # name, country and demographics


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that is left out whatever the database says, and why."""

    email: str  # as the file has it
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Header:
    """The first row: its columns, which of them nobody reads, and what stands between them."""

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    delimiter: str


def _header(first_line: str) -> Header:
    """Return what the first line says. Raises Unreadable for a file without the needed columns."""
    delimiter = max(",;\t", key=first_line.count)
    found = next(csv.reader([first_line], delimiter=delimiter), [])
    columns = tuple(name.strip().lower() for name in found)
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise Unreadable(f"The first row does not name these columns: {', '.join(missing)}.")
    twice = sorted({name for name in columns if name in COLUMNS and columns.count(name) > 1})
    if twice:
        raise Unreadable(f"The first row names a column twice: {', '.join(twice)}.")
    ignored = tuple(name for name in columns if name not in COLUMNS and name)
    return Header(columns, ignored, delimiter)


def read(file: IO[bytes], topics: Collection[str]) -> tuple[Header, Iterator["Person | Refused"]]:
    """Return the header of a list, and its rows one by one. `topics` are the slugs that exist.

    Raises Unreadable, also while rows are taken: for what is no UTF-8, no CSV, or too long.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        header = _header(text.readline())
    except UnicodeDecodeError as problem:
        raise Unreadable(_NO_UTF8) from problem
    return header, _rows(text, header, topics)


def _rows(
    text: io.TextIOWrapper, header: Header, topics: Collection[str]
) -> Iterator["Person | Refused"]:
    try:
        reader = csv.reader(text, delimiter=header.delimiter)
        for number, cells in enumerate((row for row in reader if any(row)), start=1):
            if number > MOST_ROWS:
                raise Unreadable(f"A list may have {MOST_ROWS:,} rows; split it.")
            yield _row(dict(zip(header.columns, cells, strict=False)), topics)
    except UnicodeDecodeError as problem:
        raise Unreadable(_NO_UTF8) from problem
    except csv.Error as problem:
        raise Unreadable("The file is no CSV from beginning to end.") from problem
    finally:
        text.detach()  # whoever opened the file closes it


def _row(cells: Mapping[str, str], topics: Collection[str]) -> Person | Refused:
    cells = {name: _plain(value) for name, value in cells.items()}
    written = cells.get("email", "")[:254]
    try:
        return _person(cells, topics)
    except _Wrong as problem:
        return Refused(_CONTROL.sub("", written), problem.verdict, problem.why)


class _Wrong(Exception):
    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


def _plain(cell: str) -> str:
    """A cell without edges, and without the apostrophe that our export puts before formulas."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA[:4] else cell


def _person(cells: Mapping[str, str], topics: Collection[str]) -> Person:
    email = _email(cells.get("email", ""))
    known = {name: value for name, value in cells.items() if name in COLUMNS}
    for name, value in known.items():
        if _CONTROL.search(value):
            raise _Wrong(Verdict.UNUSABLE, f"{name} holds characters that are no text")
    wording, origin = cells.get("consent_text", ""), cells.get("consent_origin", "")
    if not wording or not origin:
        name = "consent_origin" if wording else "consent_text"
        raise _Wrong(Verdict.NO_CONSENT, f"{name} is empty")
    if len(wording) > LONGEST_WORDING or len(origin) > LONGEST_ORIGIN:
        raise _Wrong(Verdict.UNUSABLE, "consent_text or consent_origin is too long")
    asked_at = _moment("consent_date", cells.get("consent_date", ""))
    return Person(
        email, _topics(cells.get("topics", ""), topics), wording, asked_at, origin,
        _confirmed(cells.get("confirmed_date", ""), asked_at), _about(cells),
    )  # fmt: skip


def _email(cell: str) -> str:
    email = normal(cell)
    if not email:
        raise _Wrong(Verdict.BAD_ADDRESS, "email is empty")
    try:
        validate_email(email)
    except ValidationError as problem:
        raise _Wrong(Verdict.BAD_ADDRESS, "this is no e-mail address") from problem
    if len(email) > 254:
        raise _Wrong(Verdict.BAD_ADDRESS, "this address is too long")
    return email


def _moment(name: str, cell: str) -> datetime:
    """A day (its noon) or a moment, neither before 1996 nor in the future."""
    moment = _read_moment(cell)
    if moment is None:
        raise _Wrong(Verdict.NO_CONSENT, f"{name} is empty or no day like 2024-05-31")
    now = timezone.now()
    # today's noon may be still to come
    if moment < _FIRST_DAY or moment.date() > now.date():
        raise _Wrong(Verdict.NO_CONSENT, f"{name} lies before 1996 or in the future")
    return min(moment, now)


@lru_cache(maxsize=1024)
def _read_moment(cell: str) -> datetime | None:
    """What a cell says; a list has the same few days again and again."""
    try:
        day = parse_date(cell)
        moment = datetime.combine(day, time(12)) if day else parse_datetime(cell)
    except ValueError:
        return None
    if moment is not None and timezone.is_naive(moment):
        return timezone.make_aware(moment)
    return moment


def _confirmed(cell: str, asked_at: datetime) -> datetime | None:
    if not cell:
        return None
    confirmed_at = _moment("confirmed_date", cell)
    if confirmed_at.date() < asked_at.date():
        raise _Wrong(Verdict.NO_CONSENT, "confirmed_date lies before consent_date")
    return max(confirmed_at, asked_at)


def _topics(cell: str, topics: Collection[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(re.split(r"[\s,;|]+", cell.lower().strip())))
    if not cell:
        raise _Wrong(Verdict.NO_CONSENT, "topics is empty: what did they agree to?")
    if unknown := [slug for slug in wanted if slug not in topics]:
        raise _Wrong(Verdict.UNUSABLE, f"unknown topic: {unknown[0][:40]}")
    return wanted


def _about(cells: Mapping[str, str]) -> dict[str, str]:
    about = {name: cells.get(name, "") for name in OPTIONAL if name != "confirmed_date"}
    for name, value in about.items():
        if len(value) > OPTIONAL[name]:
            most = OPTIONAL[name]
            raise _Wrong(Verdict.UNUSABLE, f"{name} is longer than {most} characters")
    about["country"] = about["country"].upper()
    if about["country"] and not re.fullmatch("[A-Z]{2}", about["country"]):
        raise _Wrong(Verdict.UNUSABLE, "country is no code of two letters, such as CA")
    return about
