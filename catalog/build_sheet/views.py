"""The build sheet: a form whose URL is the sheet, with its results."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.build_sheet import drawing, state
from catalog.build_sheet.product_data import (
    Geometry,
    Part,
    airframes,
    load_geometry,
    load_parts,
)
from catalog.build_sheet.sheet import Placed, Sheet
from catalog.models import Battery, ProductFacts
from catalog.skus import sku_key
from microflight.core.units import format_number


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the sheet in the URL; 400 with an explanation if it has too many parts."""
    choices = airframes()
    wanted = state.with_airframe(state.read(request.GET), {sku_key(sku) for sku, _title in choices})
    known = load_parts([wanted.airframe, *(row.sku for row in wanted.rows)])
    airframe, airframe_error = _airframe(wanted.airframe, known)
    rows = tuple(_checked(row, known) for row in wanted.rows)
    sheet = _sheet(airframe, rows, known)
    query = state.query_string(
        airframe.sku if airframe else "",
        [(each.part.sku, format_number(each.x), each.units) for each in sheet.placed],
    )
    context = {
        "airframes": choices,
        "airframe_error": airframe_error,
        "wanted": wanted,
        "rows": list(zip(rows, _suggested(rows, sheet), strict=True)),
        "empty_rows": range(len(rows) + 1, len(rows) + 1 + state.EMPTY_ROWS),
        "sheet": sheet,
        "has_errors": bool(airframe_error) or any(row.errors for row in rows),
        "drawing": drawing.draw(sheet),
        "share_url": request.build_absolute_uri(f"{request.path}?{query}" if query else None),
        "query": query,
        "most": state.MOST_PARTS,
    }
    status = 400 if wanted.has_too_many else 200
    return render(request, "build_sheet/index.html", context, status=status)


def _airframe(sku: str, known: dict[str, Part]) -> tuple[Part | None, str]:
    """Return the airframe, and the error if there is none with this SKU."""
    part = known.get(sku_key(sku)) if sku else None
    return part, state.unknown(sku) if sku and part is None else ""


def _checked(row: state.Row, known: dict[str, Part]) -> state.Row:
    """Return the row, with an error if its SKU is unknown."""
    is_known = sku_key(row.sku) in known
    return row if is_known or row.errors else state.with_error(row, state.unknown(row.sku))


def _sheet(airframe: Part | None, rows: tuple[state.Row, ...], known: dict[str, Part]) -> Sheet:
    """Return the sheet of the rows without errors."""
    shape = load_geometry(airframe) if airframe else Geometry()
    placed = []
    for number, row in enumerate(rows, 1):
        if row.errors:
            continue
        part = known[sku_key(row.sku)]
        x = part.usual_x(shape.length_mm) if row.x is None else row.x
        placed.append(Placed(number, part, x, row.units, row.x is None))
    return Sheet(airframe, shape, tuple(placed), bool(airframe) and _has_battery(airframe))


def _has_battery(airframe: Part | None) -> bool:
    """Return whether a battery is built into an airframe. One query."""
    keys = airframe.member.keys if airframe else ()
    facts = ProductFacts.objects.filter(product__in=keys, battery=Battery.IN_EQUIPMENT)
    return facts.exists()


def _suggested(rows: tuple[state.Row, ...], sheet: Sheet) -> list[Placed | None]:
    """Return what each row is on the sheet; None for one with errors."""
    placed = {each.number: each for each in sheet.placed}
    return [placed.get(number) for number, _row in enumerate(rows, 1)]
