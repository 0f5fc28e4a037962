"""What spreadsheets write is read correctly, or rejected with a message."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from microflight.core.csv_files import InvalidFile
from microflight.imports.files import read_rows, workbook

TEXT = 'sku;price;title\r\n0012;3,60;Été\r\n\r\nMF-2;4,00;"a;b"\r\n'
ROWS = [(2, ["0012", "3,60", "Été"]), (4, ["MF-2", "4,00", "a;b"])]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_of_any_codec_is_read(codec: str) -> None:
    assert read_rows(TEXT.encode(codec)) == (["sku", "price", "title"], ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognized(delimiter: str) -> None:
    text = delimiter.join(["sku", "title"]) + "\n" + delimiter.join(["1", "x"])
    assert read_rows(text.encode()) == (["sku", "title"], [(2, ["1", "x"])])


def _xlsx(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_cells_of_excel_are_read() -> None:
    data = _xlsx(
        ["SKU", "Price", "Day", "Time", "Flag"],
        ["0012", 3.3 + 0.3, date(2027, 1, 31), datetime(2027, 1, 31, 8, 30), True],
        [100014, 4.0, None, None, False],
    )
    assert read_rows(data)[1] == [
        (2, ["0012", "3.6", "2027-01-31", "2027-01-31T08:30:00", "yes"]),
        (3, ["100014", "4", "", "", "no"]),
    ]


def test_formulas_are_text_in_a_download_and_the_same_when_read() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "'=x", "plain"]
    data = workbook(["title", "price"], [(text, Decimal("1.50")) for text in texts])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=1) for cell in row} == {
        "s"
    }
    assert [cells for _number, cells in read_rows(data)[1]] == [[text, "1.5"] for text in texts]


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 210_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no column names"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"PK\x03\x04 broken", "cannot be read as .xlsx"),
        (_xlsx(["sku", "price"], ["1", "=1+1"]), "Row 2 has a formula without a value"),
        (_xlsx(["sku", "price"], ["1", "#N/A"]), "Row 2 has the Excel error #N/A"),
        (b"sku\x00price\n", "no text file"),
        (b"sku,title\n1,2,3\n", "Row 2 has more cells"),
        (b'sku,title\n"1,2\n', "not valid CSV"),
        (b"sku,title\n1,4242 4242 4242 4242\n", "Row 2 has a card number"),
        (b"sku\n" + b"1\n" * 20_001, "more rows than 20,000"),
        (b"\x81\x8d\x8f", "no text file"),
    ],
)
def test_unreadable_file_is_rejected(data: bytes, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_rows(data)


def test_zip_bomb_is_rejected_before_it_is_unpacked() -> None:
    with pytest.raises(InvalidFile, match="unpacks to too much"):
        read_rows(_bomb())
