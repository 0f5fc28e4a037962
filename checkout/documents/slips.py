"""Packing slips and pick lists, made when they are printed: nothing in them is frozen."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from checkout.documents import battery_mark
from checkout.documents.content import address_lines, sender_lines
from checkout.documents.customs import address_phone
from checkout.documents.models import BatteryMark
from checkout.order.lines import LineProgress, progress_of_orders
from checkout.order.models import Line, Order, ShippingEvent
from checkout.order.shipping_blocks import to_pack
from checkout.placement.parcels import parcels
from microflight.core import pdf_document
from microflight.core.pdf_document import Document, Section

#: Units of lines, in packing order.
Contents = list[tuple[Line, int]]


def packing_slips(orders: Collection[Order]) -> Document:
    """Return a packing slip for each parcel, on a page of its own: what can ship now.

    The orders have their `shipping_address__country`. Eight queries, however many orders.
    """
    by_order = _progress(orders)
    mark = battery_mark.mark_on(timezone.localdate())
    sections: list[Section] = []
    for parcel in parcels(orders):
        sections += [pdf_document.page_break()] if sections else []
        sections += _slip(
            [(order, *_contents(order, by_order[order.pk])) for order in parcel], mark
        )
    title = ngettext("Packing slip", "Packing slips", len(orders))
    return Document(title=title, dated=timezone.now(), sections=sections)


def _progress(orders: Collection[Order]) -> dict[int, list[LineProgress]]:
    """Return the lines by order."""
    prefetch_related_objects(list(orders), "additions", "attempts")
    by_order: dict[int, list[LineProgress]] = defaultdict(list)
    for each in progress_of_orders(orders):
        by_order[each.line.order_id].append(each)
    return by_order


def _contents(order: Order, progress: Iterable[LineProgress]) -> tuple[Contents, Contents]:
    """Return what can ship now, and what follows."""
    ready = {each.line: each.ready for each in to_pack(order, progress)}
    shipped = [each for each in progress if each.line.requires_shipping]
    later = [(each.line, each.remaining - ready.get(each.line, 0)) for each in shipped]
    return list(ready.items()), [(line, quantity) for line, quantity in later if quantity]


def packing_slip_of(shipment: ShippingEvent) -> Document:
    """Return the packing slip of a shipment, with the battery mark of its day."""
    order = shipment.order
    quantities = shipment.line_quantities.select_related(
        "line__kit", "line__product__facts", "line__product__parent__facts"
    )
    quantities = quantities.prefetch_related("line__attributes__option").order_by("line_id")
    contents = [(each.line, each.quantity) for each in quantities]
    day = timezone.localdate(shipment.date_created)
    facts = [
        (gettext("Shipped on"), date_format(day, "F j, Y")),
        (gettext("Carrier"), shipment.carrier),
        (gettext("Tracking number"), shipment.tracking_number),
    ]
    sections = _slip([(order, contents, [])], battery_mark.mark_on(day), facts)
    return Document(title=gettext("Packing slip"), dated=shipment.date_created, sections=sections)


def _recipient(order: Order) -> tuple[str, list[str]]:
    """Return where a parcel goes; of a pickup, the customer."""
    address = order.shipping_address
    if address and not order.is_pickup:
        return gettext("Ship to"), [*address_lines(address), address_phone(order)]
    return gettext("Customer"), [
        *address_lines(order.billing_address or address),
        order.guest_email,
    ]


def _slip(
    packed: Sequence[tuple[Order, Contents, Contents]],
    mark: BatteryMark | None,
    facts: Iterable[tuple[str, str]] = (),
) -> list[Section]:
    """Return the slip of a parcel: each of its orders, what is in it and what follows."""
    order, heading = packed[0][0], gettext("Order %(number)s")
    sections = [
        pdf_document.text(heading=heading % {"number": order.number}),
        pdf_document.columns(_recipient(order), (gettext("From"), sender_lines())),
        pdf_document.facts([(gettext("Shipping method"), order.shipping_method), *facts]),
    ]
    if len(packed) > 1:
        numbers = ", ".join(each.number for each, _contents, _later in packed)
        title = gettext("Orders %(numbers)s in one parcel") % {"numbers": numbers}
        sections[0] = pdf_document.text(heading=title)
    for each, contents, later in packed:
        if len(packed) > 1:
            sections.append(pdf_document.text(heading=heading % {"number": each.number}))
        sections += _packed(each, contents, later)
    lines = [line for _order, contents, _later in packed for line, _quantity in contents]
    return [*sections, *battery_mark.sections(lines, mark)]


def _packed(order: Order, contents: Contents, later: Contents) -> list[Section]:
    """Return what a parcel has of an order."""
    header = [gettext("Item"), gettext("SKU"), gettext("Quantity")]
    rows = [[_name(line), line.partner_sku, str(quantity)] for line, quantity in contents]
    count = sum(quantity for _line, quantity in contents)
    sections = [
        pdf_document.table(header, rows, align="wlr", sums=[(gettext("Items"), str(count))])
    ]
    if later:
        names = [f"{quantity} × {line.title}" for line, quantity in later]
        sections.append(pdf_document.text(*names, heading=gettext("To follow in another shipment")))
    if order.shipping_address is not None and order.shipping_address.notes:
        note = order.shipping_address.notes
        sections.append(pdf_document.text(note, heading=gettext("Customer’s note")))
    return sections


def _name(line: Line) -> str:
    return "\n".join(filter(None, [line.title, line.options]))


def pick_list(orders: Collection[Order]) -> Document:
    """Return what to fetch for some orders, by location and SKU: what can ship now of each."""
    rows = _pick_rows(orders)
    header = [gettext(name) for name in ("Location", "SKU", "Item", "Quantity", "Orders")]
    numbers = [[order.number for order in parcel] for parcel in parcels(orders)]
    facts = [
        (gettext("Orders"), ", ".join(sorted(each for parcel in numbers for each in parcel))),
        (gettext("One parcel"), "; ".join(" + ".join(each) for each in numbers if each[1:])),
    ]
    sections = [pdf_document.facts(facts), pdf_document.table(header, rows, align="llwrl")]
    if not rows:
        sections = [pdf_document.text(gettext("Nothing in these orders can ship now."))]
    return Document(title=gettext("Pick list"), dated=timezone.now(), sections=sections)


def _pick_rows(orders: Collection[Order]) -> list[list[str]]:
    by_order = _progress(orders)
    picked: dict[tuple[str, str, str], list[tuple[Order, LineProgress]]] = defaultdict(list)
    for order in orders:
        for each in to_pack(order, by_order[order.pk]):
            location = each.line.stockrecord.location if each.line.stockrecord else ""
            picked[location, each.line.partner_sku, _name(each.line)].append((order, each))
    return [
        [
            location or "–",
            sku,
            name,
            str(sum(each.ready for _order, each in lines)),
            ", ".join(f"{order.number} × {each.ready}" for order, each in lines),
        ]
        for (location, sku, name), lines in sorted(picked.items(), key=lambda row: row[0])
    ]


def pick_list_and_slips(orders: Collection[Order]) -> Document:
    """Return the pick list, and on the following pages the packing slips."""
    picked, packed = pick_list(orders), packing_slips(orders)
    sections = [*picked.sections, pdf_document.page_break(), *packed.sections]
    title = gettext("Pick list and packing slips")
    return Document(title=title, dated=picked.dated, sections=sections)
