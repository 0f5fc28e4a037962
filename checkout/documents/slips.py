"""Packing slips and pick lists, made when they are printed: nothing in them is frozen."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from checkout.documents import battery_mark
from checkout.documents.content import address_lines, sender_lines
from checkout.documents.customs import address_phone
from checkout.documents.models import BatteryMark
from checkout.order.lines import LineProgress, progress_of_orders
from checkout.order.models import Line, Order, ShippingEvent
from microflight.core import pdf_document
from microflight.core.pdf_document import Document, Section

#: Units of lines, in packing order.
Contents = list[tuple[Line, int]]


def packing_slips(orders: Collection[Order]) -> Document:
    """Return a packing slip for each order, on a page of its own: what can ship now.

    The orders have their `shipping_address__country`. Six queries, however many orders.
    """
    by_order: dict[int, list[LineProgress]] = defaultdict(list)
    for each in progress_of_orders(orders):
        if each.line.requires_shipping:
            by_order[each.line.order_id].append(each)
    mark = battery_mark.mark_on(timezone.localdate())
    sections: list[Section] = []
    for order in orders:
        progress = by_order[order.pk]
        ready = [(each.line, each.ready) for each in progress if each.ready]
        later = [(each.line, each.backordered) for each in progress if each.backordered]
        sections += [pdf_document.page_break()] if sections else []
        sections += _slip(order, ready, later, mark)
    title = ngettext("Packing slip", "Packing slips", len(orders))
    return Document(title=title, dated=timezone.now(), sections=sections)


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
    sections = _slip(order, contents, [], battery_mark.mark_on(day), facts)
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
    order: Order,
    contents: Contents,
    later: Contents,
    mark: BatteryMark | None,
    facts: Iterable[tuple[str, str]] = (),
) -> list[Section]:
    address = order.shipping_address
    header = [gettext("Item"), gettext("SKU"), gettext("Quantity")]
    rows = [[_name(line), line.partner_sku, str(quantity)] for line, quantity in contents]
    count = sum(quantity for _line, quantity in contents)
    sections = [
        pdf_document.text(heading=gettext("Order %(number)s") % {"number": order.number}),
        pdf_document.columns(_recipient(order), (gettext("From"), sender_lines())),
        pdf_document.facts([(gettext("Shipping method"), order.shipping_method), *facts]),
        pdf_document.table(header, rows, align="wlr", sums=[(gettext("Items"), str(count))]),
    ]
    if later:
        names = [f"{quantity} × {line.title}" for line, quantity in later]
        sections.append(pdf_document.text(*names, heading=gettext("To follow in another shipment")))
    if address is not None and address.notes:
        sections.append(pdf_document.text(address.notes, heading=gettext("Customer’s note")))
    return [*sections, *battery_mark.sections([line for line, _quantity in contents], mark)]


def _name(line: Line) -> str:
    return "\n".join(filter(None, [line.title, line.options]))


def pick_list(orders: Collection[Order]) -> Document:
    """Return what to fetch for some orders, by location and SKU: what can ship now of each."""
    numbers = {order.pk: order.number for order in orders}
    picked: dict[tuple[str, str, str], list[LineProgress]] = defaultdict(list)
    for each in progress_of_orders(orders):
        if each.ready and each.line.requires_shipping:
            location = each.line.stockrecord.location if each.line.stockrecord else ""
            picked[location, each.line.partner_sku, _name(each.line)].append(each)
    rows = [
        [
            location or "–",
            sku,
            name,
            str(sum(each.ready for each in lines)),
            ", ".join(f"{numbers[each.line.order_id]} × {each.ready}" for each in lines),
        ]
        for (location, sku, name), lines in sorted(picked.items())
    ]
    header = [gettext(name) for name in ("Location", "SKU", "Item", "Quantity", "Orders")]
    sections = [
        pdf_document.facts([(gettext("Orders"), ", ".join(sorted(numbers.values())))]),
        pdf_document.table(header, rows, align="llwrl"),
    ]
    if not rows:
        sections = [pdf_document.text(gettext("Nothing in these orders can ship now."))]
    return Document(title=gettext("Pick list"), dated=timezone.now(), sections=sections)


def pick_list_and_slips(orders: Collection[Order]) -> Document:
    """Return the pick list, and on the following pages the packing slips."""
    picked, packed = pick_list(orders), packing_slips(orders)
    sections = [*picked.sections, pdf_document.page_break(), *packed.sections]
    title = gettext("Pick list and packing slips")
    return Document(title=title, dated=picked.dated, sections=sections)
