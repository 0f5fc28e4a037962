"""Reads what spreadsheets write, and writes what they open: CSV and XLSX.

Text is UTF-8, UTF-16 with a byte order mark, or Windows-1252; commas, semicolons or tabs. A file
is never larger in memory than MAX_UNPACKED, whatever a ZIP header says.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from microflight.core.card_numbers import has_card_number
from microflight.core.csv_files import InvalidFile, plain_cell, safe_cell

MAX_ROWS = 20_000
MAX_BYTES = 32 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
_MAX_COLUMNS = 100
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_EXCEL_ERRORS = frozenset(openpyxl.cell.cell.ERROR_CODES)
Row = tuple[int, list[str]]


def read_rows(data: bytes) -> tuple[list[str], list[Row]]:
    """Return the header in lower case, and the rows with their numbers in the spreadsheet.

    Empty rows are left out. Raises InvalidFile.
    """
    if data.startswith(_OLD_EXCEL):
        raise InvalidFile(_("This is an old Excel file. Save it as .xlsx or as CSV."))
    lines = _sheet(data) if data.startswith(b"PK\x03\x04") else _csv(_decoded(data))
    header: list[str] = []
    rows: list[Row] = []
    for number, cells in enumerate(lines, start=1):
        if number == 1:
            header = [cell.strip().lower() for cell in cells]
            while header and not header[-1]:
                header.pop()
        elif any(cells):
            _check_row(number, cells, len(header))
            rows.append((number, [*cells, *[""] * len(header)][: len(header)]))
        if len(rows) > MAX_ROWS:
            text = _("The file has more rows than %(most)s. Split it.")
            raise InvalidFile(text % {"most": f"{MAX_ROWS:,}"})
    if not any(header):
        raise InvalidFile(_("The first row has no column names."))
    return header, rows


def _check_row(number: int, cells: list[str], width: int) -> None:
    if any(cells[width:]):
        text = _("Row %(row)s has more cells than the first row. Is a text with commas not quoted?")
        raise InvalidFile(text % {"row": number})
    if any(map(has_card_number, cells)):  # the file is stored until its import ends
        text = _("Row %(row)s has a card number. Remove it, and upload the file again.")
        raise InvalidFile(text % {"row": number})


def _decoded(data: bytes) -> str:
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for codec in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidFile(_("This is no text file. Save it as “CSV UTF-8” or as .xlsx."))


def _csv(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [plain_cell(cell) for cell in cells]
    except csv.Error as error:
        raise InvalidFile(_("The file is not valid CSV: %(error)s.") % {"error": error}) from error


def _sheet(data: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first sheet. Formulas count as the value that Excel stored."""
    try:
        check_unpacked(zipfile.ZipFile(io.BytesIO(data)))
        rows = zip(_first_sheet(data, data_only=True), _first_sheet(data), strict=False)
        for number, (cells, typed) in enumerate(rows, start=1):
            if number > 2 * MAX_ROWS:
                raise InvalidFile(_("The sheet has too many rows. Delete the empty ones."))
            for cell, formula in zip(cells, typed, strict=False):
                _check_cell(number, cell, formula)
            yield [_cell_text(cell) for cell in cells]
    except InvalidFile:
        raise
    except Exception as error:  # openpyxl raises many types for broken files
        raise InvalidFile(_("The file cannot be read as .xlsx. Save it again.")) from error


def _first_sheet(data: bytes, **options: Any) -> Iterator[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, **options)
    sheet: Any = book.worksheets[0]
    return sheet.iter_rows(values_only=True, max_col=_MAX_COLUMNS)


def _check_cell(row: int, value: Any, formula: Any) -> None:
    """Reject a formula that was never calculated, which would be empty, and an error of Excel."""
    if value is None and formula is not None:
        text = _("Row %(row)s has a formula without a value. Open the file in Excel, and save it.")
        raise InvalidFile(text % {"row": row})
    if value in _EXCEL_ERRORS:
        text = _("Row %(row)s has the Excel error %(error)s. Correct the cell.")
        raise InvalidFile(text % {"row": row, "error": value})


def check_unpacked(archive: zipfile.ZipFile) -> None:
    """Raise InvalidFile for a ZIP file that unpacks to too much, or needs a password."""
    entries = archive.infolist()
    if len(entries) > 5_000 or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise InvalidFile(_("The file unpacks to too much data. Split it."))
    if any(entry.flag_bits & 1 for entry in entries):
        raise InvalidFile(_("The file is protected by a password. Remove it."))


def _cell_text(value: Any) -> str:
    """Return a cell of Excel as it would be in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"  # as Excel shows it: 0.1 + 0.2 is 0.3
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return plain_cell(str(value))


# --- Downloads -----------------------------------------------------------------------------------


def workbook(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return a sheet as XLSX. Text is never a formula, and numbers stay numbers."""
    book = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet("Data")
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_value(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _value(cell: Any) -> Any:
    if isinstance(cell, int | Decimal):
        return cell
    return openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", safe_cell(cell))
