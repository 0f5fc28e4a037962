"""The lithium battery mark, drawn in its real size, to cut out and fix to the parcel.

Its version with a phone number ends on 2026-12-31 (see the rows of `BatteryMark`).
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext

from catalog.facts import Battery, facts_of
from checkout.documents.models import BatteryMark
from checkout.order.models import Line
from microflight.core import pdf_document
from microflight.core.business import FACTS
from microflight.core.pdf_document import Section

#: Lithium-ion batteries shipped alone, and in or with equipment (UN Model Regulations).
_LOOSE, _EQUIPMENT = "UN3480", "UN3481"


def mark_on(day: date) -> BatteryMark | None:
    """Return the version of the mark in force on a day; the newest, if there are several."""
    valid = BatteryMark.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
    return valid.order_by("-starts_on").first()


def un_number(lines: Iterable[Line]) -> str:
    """Return the UN number of the batteries among shipped lines; "" if there are none."""
    facts = facts_of([line.product for line in lines if line.product]).values()
    cases = {each.battery for each in facts if each.has_battery}
    if not cases:
        return ""
    return _LOOSE if Battery.LOOSE in cases else _EQUIPMENT


def sections(lines: Iterable[Line], mark: BatteryMark | None) -> list[Section]:
    """Return the given version of the mark for a parcel with these lines; empty if they have no
    battery."""
    number = un_number(lines)
    if mark is None or not number:
        return []
    alt = gettext("Lithium battery mark, %(number)s") % {"number": number}
    if mark.with_phone:
        alt = gettext("%(mark)s, for more information call %(phone)s") % {
            "mark": alt,
            "phone": FACTS.telephone,
        }
    phone = FACTS.telephone if mark.with_phone else ""
    svg = _svg(number, phone, mark.width_mm, mark.height_mm)
    return [pdf_document.image(svg, alt=alt, width_mm=mark.width_mm)]


def _svg(number: str, phone: str, width: int, height: int) -> str:
    """Return the mark: hatched red border, a burning battery, the UN number and perhaps a phone."""
    hatch = "".join(f"M{x} {height}L{x + height} 0" for x in range(-height, width, 6))
    text = 'text-anchor="middle" font-family="DejaVu Sans Mono" font-weight="bold"'
    middle = width / 2
    call = f'<text x="{middle}" y="{height - 9}" font-size="6" {text}>{phone}</text>'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<clipPath id="edge"><rect width="{width}" height="{height}"/></clipPath>
<rect width="{width}" height="{height}" fill="white"/>
<path clip-path="url(#edge)" d="{hatch}" stroke="red" stroke-width="3"/>
<rect x="5" y="5" width="{width - 10}" height="{height - 10}" fill="white" stroke="black"
 stroke-width="0.3"/>
<g transform="translate({middle - 24} 10)">
<path d="M0 8h10v22h-10zM3 5h4v3h-4zM14 8h10v22h-10zM17 5h4v3h-4z"/>
<path d="M30 8h14v9l-3 2 3 2v9h-14v-9l3-2-3-2zM34 5h6v3h-6z"/>
<path d="M36 4c-3-4 3-5 1-9 6 3 2 6 5 7 1-1 1-2 1-3 3 4 0 7-3 7z" fill="red"/>
</g>
<text x="{middle}" y="{height - 17}" font-size="9" {text}>{number}</text>
{call if phone else ""}
</svg>"""
