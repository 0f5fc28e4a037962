"""CSV files that staff upload and download.

UTF-8 with or without a byte order mark; commas, semicolons or tabs. Read as a stream. A downloaded
file can be uploaded again: it holds nothing that a spreadsheet takes for a formula.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import IO, Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from microflight.core.card_numbers import has_card_number

_INVISIBLE = r"\x00-\x1f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_SIGNS = r"=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
#: What a spreadsheet takes for a formula. A download puts an apostrophe in front.
_FORMULA = re.compile(rf"['\s{_INVISIBLE}]*[{_SIGNS}\t\r\n]")
#: The same inside of a cell, after what ends a cell where `;` is the list separator (Quebec).
_INNER = rf"(?='*(?:(?![\t\r\n])[\s{_INVISIBLE}])*[{_SIGNS}])"
_ESCAPE, _UNESCAPE = (re.compile(rf"([;\t\r\n]){mark}{_INNER}") for mark in ("", "'"))


class InvalidFile(Exception):
    """The file as a whole cannot be read. Its text may be shown."""


# --- Uploads -------------------------------------------------------------------------------------


def read_table(
    file: IO[bytes],
    *,
    required: Collection[str],
    optional: Collection[str] = (),
    max_rows: int,
    with_long_numbers: bool = False,
) -> tuple[tuple[str, ...], Iterator[tuple[int, dict[str, str]]]]:
    """Return the unknown columns of a file, and its rows one by one: the number, and the cells by
    column. A column that the file lacks is empty.

    The header is row 1; empty rows do not count. Raises InvalidFile, also while rows are read. A
    file with tracking numbers, which may look like card numbers, is not to be stored.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    first_line = _first_line(text)
    delimiter = max(",;\t", key=first_line.count)
    header = next(csv.reader([first_line], delimiter=delimiter), [])
    columns = [name.strip().lower() for name in header]
    known = (*required, *optional)
    _check_columns(columns, required, known)
    ignored = tuple(name for name in columns if name and name not in known)
    empty = dict.fromkeys(known, "")
    named = (
        (number, {**empty, **dict(zip(columns, map(plain_cell, cells), strict=False))})
        for number, cells in _rows(text, delimiter, max_rows, with_long_numbers)
    )
    return ignored, named


def _check_columns(columns: list[str], required: Collection[str], known: Collection[str]) -> None:
    if missing := [name for name in required if name not in columns]:
        raise InvalidFile(_("Missing columns: %s.") % ", ".join(missing))
    if twice := sorted({name for name in columns if name in known and columns.count(name) > 1}):
        raise InvalidFile(_("Duplicate columns: %s.") % ", ".join(twice))


def _first_line(text: io.TextIOWrapper) -> str:
    try:
        return text.readline()
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _not_utf8() -> InvalidFile:
    return InvalidFile(_("The file is not UTF-8. Export it as “CSV UTF-8”."))


def _rows(
    text: io.TextIOWrapper, delimiter: str, max_rows: int, with_long_numbers: bool
) -> Iterator[tuple[int, list[str]]]:
    try:
        reader = csv.reader(text, delimiter=delimiter)
        for number, cells in enumerate((row for row in reader if any(row)), start=2):
            if number > max_rows + 1:
                raise InvalidFile(_too_many_rows(max_rows))
            if not with_long_numbers and any(
                map(has_card_number, cells)
            ):  # the file may be stored with it
                raise InvalidFile(_card_number_in(number))
            yield number, cells
    except UnicodeDecodeError as error:
        raise _not_utf8() from error
    except csv.Error as error:
        raise InvalidFile(_("The file is not valid CSV.")) from error
    finally:
        text.detach()  # the caller closes the file


def _card_number_in(row: int) -> str:
    return _("Row %d contains a card number. Remove it, and upload the file again.") % row


def _too_many_rows(most: int) -> str:
    text = ngettext(
        "The limit is %s row. Split the file.", "The limit is %s rows. Split the file.", most
    )
    return text % f"{most:,}"


def plain_cell(cell: str) -> str:
    """Return a cell trimmed, without the apostrophes that a download puts before formulas."""
    cell = cell.lstrip()
    found = _FORMULA.match(cell, 1) if cell.startswith("'") else None
    start = found.end() if found else 0
    return (cell[1 if found else 0 : start] + _UNESCAPE.sub(r"\1", cell[start:])).strip()


# --- Downloads -----------------------------------------------------------------------------------


class _Echo:
    """A file that returns what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[object]], columns: Iterable[str]) -> Iterator[str]:
    """Yield a CSV file line by line, with a byte order mark for Excel."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([safe_cell(cell) for cell in row]))


def safe_cell(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula. Numbers, also below zero, stay so."""
    if isinstance(value, (int, Decimal)):
        return str(value)
    if hasattr(value, "hour"):
        value = value.isoformat(timespec="seconds")
    text = "" if value is None else str(value)
    found = _FORMULA.match(text)
    start = found.end() if found else 0
    return ("'" if found else "") + text[:start] + _ESCAPE.sub(r"\1'", text[start:])


def csv_response(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """Return a CSV file as a stream."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
