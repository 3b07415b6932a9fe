"""Lists as files: CSV for machines, XLSX for people; what a column shows is what its cell holds, exact and typed."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.http import FileResponse, HttpResponseBase
from django.utils.translation import get_language

from encours.core.currencies import exponent
from encours.entrypoints.listing import Column
from encours.entrypoints.responses import stream_of

ROWS_MAX = 1_000_000  # a sheet of XLSX holds 1,048,576
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MONEY_FORMATS = {0: "#,##0", 2: "#,##0.00", 3: "#,##0.000", 4: "#,##0.0000"}


def sheet(form: str, *, name: str, columns: Sequence[Column], rows: Iterable[Any]) -> HttpResponseBase:
    """The rows as a download, `form` being "xlsx" or "csv"; amounts are numbers, their currency stands beside them."""
    if form == "xlsx":
        return _xlsx(name, columns, rows)
    return _csv(name, columns, rows)


def value_of(row: Any, column: Column) -> Any:
    """What one cell holds: money in major units as an exact decimal, dates as dates, the rest as it is."""
    value = row.get(column.attribute) if isinstance(row, dict) else getattr(row, column.attribute, None)
    if column.kind == "money" and value is not None:
        currency = row.get("currency") if isinstance(row, dict) else getattr(row, "currency", "EUR")
        return Decimal(value).scaleb(-exponent(currency or "EUR"))
    return value


def _csv(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> HttpResponseBase:
    is_french = (get_language() or "fr").startswith("fr")
    return stream_of(csv_lines(columns, rows, is_french=is_french), f"{name}.csv", "text/csv; charset=utf-8")


def csv_lines(columns: Sequence[Column], rows: Iterable[Any], *, is_french: bool) -> Iterator[str]:
    """With a mark and a separator that the reader's spreadsheet opens without asking."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if is_french else ",")
    yield "\ufeff"
    writer.writerow([str(column.label) for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(value_of(row, column), is_french=is_french) for column in columns])
        if buffer.tell() > 65536:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _csv_cell(value: Any, *, is_french: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", "," if is_french else ".")
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = str(value)
    # a name that starts like a formula must not be run by the spreadsheet that opens it
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not isinstance(value, Real) else text


def _xlsx(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> HttpResponseBase:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # FileResponse closes it
    write_xlsx(file, name=name, columns=columns, rows=rows)
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def write_xlsx(file: IO[bytes], *, name: str, columns: Sequence[Column], rows: Iterable[Any]) -> None:
    """The rows as a workbook of one sheet, one row in memory at a time."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(name[:31])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    money = {places: book.add_format({"num_format": text}) for places, text in _MONEY_FORMATS.items()}
    page.freeze_panes(1, 0)
    page.write_row(0, 0, [str(column.label) for column in columns], bold)
    for index, column in enumerate(columns):
        page.set_column(index, index, 16 if column.kind != "text" else 24)
    line = 0
    for line, row in enumerate(rows, start=1):
        for index, column in enumerate(columns):
            _write(page, (line, index), value_of(row, column), formats=(day, money))
    page.autofilter(0, 0, max(line, 1), len(columns) - 1)
    book.close()


def _write(page: Any, cell: tuple[int, int], value: Any, *, formats: tuple[Any, dict[int, Any]]) -> None:
    day, money = formats
    if value is None:
        return
    if isinstance(value, Decimal):
        page.write_number(*cell, value, money.get(_places(value), money[2]))
    elif isinstance(value, datetime):
        page.write_datetime(*cell, value.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None), day)
    elif isinstance(value, date):
        page.write_datetime(*cell, value, day)
    elif isinstance(value, Real):
        page.write_number(*cell, value)
    else:
        page.write_string(*cell, str(value))


def _places(value: Decimal) -> int:
    exponent_found = value.as_tuple().exponent
    return -exponent_found if isinstance(exponent_found, int) else 2
