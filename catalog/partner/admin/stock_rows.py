"""The rows of a stock form: the records in its URL or body, and those added by SKU."""

import re
from collections import Counter
from typing import NamedTuple

from django.db.models.functions import Upper
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from catalog.partner.admin.stock_forms import MAX_ROWS
from catalog.partner.models import StockRecord
from catalog.partner.stock_levels import with_levels


class Rows(NamedTuple):
    """The records of a form. `errors` is about the SKUs to add, `unknown` are those not found."""

    records: list[StockRecord]
    unknown: list[str]
    errors: list[str]


def requested_rows(request: HttpRequest) -> Rows:
    """Return the rows of a form; an SKU that several suppliers have is a row of each."""
    text = request.POST.get("records", request.GET.get("records", ""))
    numbers = [int(word) for word in text.split(",") if word.isascii() and word.isdigit()]
    pks = [pk for pk in numbers if pk < 2**63]
    unknown: list[str] = []
    errors: list[str] = []
    if "add" in request.POST:
        added, unknown = _find(request.POST.get("more", ""))
        if unknown:
            text = ngettext("Unknown SKU: %(skus)s.", "Unknown SKUs: %(skus)s.", len(unknown))
            errors.append(text % {"skus": ", ".join(unknown)})
        if repeated := [pk for pk in added if pk in pks]:
            skus = StockRecord.objects.filter(pk__in=repeated).values_list("partner_sku", flat=True)
            errors.append(
                gettext("Already in this form: %(skus)s.") % {"skus": ", ".join(sorted(skus))}
            )
        pks += added
    if len(set(pks)) > MAX_ROWS:
        errors.append(too_many_rows())
    found = with_levels(StockRecord.objects.filter(pk__in=list(dict.fromkeys(pks))[:MAX_ROWS]))
    records = list(found.select_related("product__parent", "partner").order_by("partner_sku", "pk"))
    _name_suppliers(records)
    return Rows(records, unknown, errors)


def too_many_rows() -> str:
    """Return the message about more than MAX_ROWS products."""
    text = ngettext(
        "A form takes %(most)s product.", "A form takes at most %(most)s products.", MAX_ROWS
    )
    return text % {"most": MAX_ROWS}


def _find(typed: str) -> tuple[list[int], list[str]]:
    """Return the records with the SKUs that were typed, in any case, and the unknown SKUs.

    Spaces, commas and line breaks separate them; an SKU may also contain spaces.
    """
    parts = [" ".join(part.split()) for part in re.split(r"[,;\n]", typed.upper())]
    words = {word for part in parts for word in part.split()}
    records = StockRecord.objects.annotate(upper=Upper("partner_sku"))
    found = list(records.filter(upper__in=words | set(parts)).values_list("pk", "upper"))
    known = {upper for _pk, upper in found}
    unknown = {
        word for part in parts if part not in known for word in part.split() if word not in known
    }
    return [pk for pk, _upper in found], sorted(unknown)


def _name_suppliers(records: list[StockRecord]) -> None:
    """Tell rows with the same SKU apart by their supplier."""
    count = Counter(record.partner_sku for record in records)
    for record in records:
        if count[record.partner_sku] > 1:
            record.supplier_shown = record.partner.name
