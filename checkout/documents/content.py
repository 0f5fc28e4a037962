"""The content of invoices and credit notes, in CAD, as text that is frozen when they are issued."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from checkout.documents.models import DocumentType, IssuedDocument
from checkout.order.models import Line, Order
from checkout.payment.models import Transaction
from checkout.refunds.allocation import Share, Shares, charged_shares, price_of_first
from checkout.refunds.models import AllocationType
from checkout.tax.models import Jurisdiction, TaxRegistration
from microflight.core import pdf_document
from microflight.core.business import FACTS
from microflight.core.money import format_cents as cad
from microflight.core.money import format_percent, to_cents
from microflight.core.pdf_document import Section
from policies.models import Acceptance

Sums = list[tuple[str, str]]
#: Where the shop is: its registrations are on invoices without tax, too.
_HOME = (Jurisdiction.CANADA, Jurisdiction.SK)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has a number."""

    title: str
    total_cents: int
    sections: list[Section]
    issued_at: datetime = field(default_factory=timezone.now)

    def with_number(self, code: str) -> dict[str, Any]:
        """Return the content to freeze."""
        return {
            "title": f"{self.title} {code}",
            "language": get_language() or "en-CA",
            "sections": self.sections,
        }


def invoice(order: Order, captured: Sequence[Transaction]) -> Draft:
    """Return the invoice of a paid order: what was charged, without items cancelled before that."""
    shares = charged_shares(order)
    now = timezone.now()
    paid = sum(each.amount_cents for each in captured)
    total = sum(shares.values())
    facts = [
        (gettext("Date"), _day(now)),
        (gettext("Order"), order.number),
        (gettext("Ordered on"), _day(order.date_placed)),
        (gettext("Paid on"), _day(captured[-1].created_at)),
        *registrations(order),
    ]
    sections = [
        _parties(order),
        pdf_document.facts(facts),
        _items(order, shares, [*_taxes(order, shares), (gettext("Total (CAD)"), cad(total))]),
        pdf_document.text(
            gettext("Paid: %(amount)s. Amount due: %(due)s.")
            % {"amount": cad(paid), "due": cad(max(0, total - paid))},
            *_terms(order),
            heading=gettext("Terms"),
        ),
    ]
    return Draft(str(DocumentType.INVOICE.label), total, sections, now)


def credit_note(
    document_type: DocumentType, order: Order, refund: Transaction, invoice: IssuedDocument
) -> Draft:
    """Return the credit note of a refund, or its reversal: what it pays back, tax included."""
    now = timezone.now()
    facts = [
        (gettext("Date"), _day(now)),
        (gettext("For invoice"), f"{invoice.code} ({_day(invoice.issued_at)})"),
        (gettext("Order"), order.number),
        (gettext("Reason"), refund.reason),
        *registrations(order),
    ]
    rows, taxes = _refunded(order, refund)
    sums = [*taxes, (gettext("Total refunded (CAD)"), cad(refund.amount_cents))]
    header = [gettext("Refunded"), gettext("Amount before tax")]
    note = gettext("The refund goes to the payment method of the order.")
    if document_type == DocumentType.REVERSAL:
        note = gettext(
            "The bank returned this refund, so the credit note issued for it no longer applies."
        )
    sections = [
        _parties(order),
        pdf_document.facts(facts),
        pdf_document.table(header, rows, align="wr", sums=sums),
        pdf_document.text(note),
    ]
    return Draft(str(document_type.label), refund.amount_cents, sections, now)


def registrations(order: Order) -> list[tuple[str, str]]:
    """Return the seller's registration number of each charged tax, or, for an order without tax,
    those of Canada and Saskatchewan."""
    label = gettext("%(tax)s registration number")
    charged = {tax.component: tax.registration for tax in order.tax_lines.all() if tax.registration}
    if charged:
        return [(label % {"tax": name}, charged[name]) for name in sorted(charged)]
    day = timezone.localdate(order.date_placed)
    valid = TaxRegistration.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day, jurisdiction__in=_HOME
    )
    return [(label % {"tax": each.get_jurisdiction_display()}, each.number) for each in valid]


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "F j, Y")


def _parties(order: Order) -> Section:
    seller = [*sender_lines(), FACTS.telephone, FACTS.sales_email]
    buyer = [*address_lines(order.billing_address or order.shipping_address), order.guest_email]
    blocks = [(gettext("From"), seller), (gettext("Bill to"), buyer)]
    if order.shipping_address and not order.is_pickup:
        blocks.append((gettext("Ship to"), address_lines(order.shipping_address)))
    return pdf_document.columns(*blocks)


def sender_lines() -> list[str]:
    """Return the shop's name and postal address, line by line."""
    place = f"{FACTS.city} {FACTS.province} {FACTS.postcode}"
    return [FACTS.company, FACTS.street, place, FACTS.country]


def address_lines(address: Any) -> list[str]:
    """Return a postal address, line by line; an empty list for none."""
    if address is None:
        return []
    place = " ".join(filter(None, [address.line4, address.state, address.postcode]))
    lines = [address.name, address.line1, address.line2, place, address.country.printable_name]
    return [line for line in lines if line]


def item_name(line: Line) -> str:
    """Return title, SKU and options of a line on up to three lines."""
    return "\n".join(filter(None, [line.title, line.partner_sku, line.options]))


def _items(order: Order, shares: Shares, sums: Sums) -> Section:
    """Return the table of lines at full price, then discounts, shipping and the given sums."""
    rows, full_price = [], 0
    lines = order.lines.select_related("kit").prefetch_related("attributes__option")
    for kit, group in groupby(lines.order_by("pk"), lambda line: line.kit):
        if kit is not None:
            price = cad(to_cents(kit.unit_price_excl_tax))
            rows.append([f"{kit.title}\n{kit.sku}", str(kit.quantity), price, ""])
        for line in group:
            full_price += (amount := _full_price(line))
            if quantity := line.quantity - line.uncharged:
                rows.append([item_name(line), str(quantity), _unit_price(line), cad(amount)])
    net = sum(
        cents
        for share, cents in shares.items()
        if share.type == AllocationType.ITEMS and not share.component
    )
    before = []
    if net != full_price:
        before.append((_discount_label(order), cad(net - full_price)))
    before.append((gettext("Subtotal"), cad(net)))
    if order.shipping_method:
        shipping = shares.get(Share(AllocationType.SHIPPING, None, ""), 0)
        label = gettext("Shipping: %(method)s") % {"method": order.shipping_method}
        before.append((label, cad(shipping)))
    header = [gettext("Item"), gettext("Quantity"), gettext("Unit price"), gettext("Amount")]
    return pdf_document.table(header, rows, align="wrrr", sums=[*before, *sums])


def _full_price(line: Line) -> int:
    """Return the price of the charged units before discounts, in cents."""
    cents = to_cents(line.line_price_before_discounts_excl_tax)
    return cents - price_of_first(line.uncharged, cents, line.quantity)


def _unit_price(line: Line) -> str:
    """Return the unit price; empty for the component of a kit."""
    return "" if line.unit_price_excl_tax is None else cad(to_cents(line.unit_price_excl_tax))


def _discount_label(order: Order) -> str:
    names = [each.voucher_code or each.offer_name for each in order.discounts.all() if each.amount]
    return ", ".join([gettext("Discounts"), *filter(None, names)])


def _taxes(order: Order, shares: Shares) -> Sums:
    """Return the charged amount of each tax component, labelled "GST 5%"; a zero rate says so."""
    rates: dict[str, Decimal] = {row.component: row.rate for row in order.tax_lines.all()}
    charged: dict[str, int] = dict.fromkeys(sorted(rates), 0)
    for share, cents in shares.items():
        if share.component:
            charged[share.component] += cents
    if not charged:
        to = order.shipping_address
        is_abroad = to is not None and to.country_id != "CA"
        return [(gettext("Tax (none: shipped outside Canada)"), cad(0))] if is_abroad else []
    return [
        (f"{name} {format_percent(rates[name])}", cad(cents)) for name, cents in charged.items()
    ]


def _refunded(order: Order, refund: Transaction) -> tuple[list[list[str]], Sums]:
    """Return the rows of a refund (lines, shipping, other) and its tax components."""
    rows: list[list[str]] = []
    taxes: dict[str, int] = {}
    for part in refund.allocations.all():
        if part.component:
            taxes[part.component] = taxes.get(part.component, 0) + part.cents
        else:
            name = item_name(part.line) if part.line else str(AllocationType(part.type).label)
            rows.append([name, cad(part.cents)])
    return rows, [(name, cad(cents)) for name, cents in sorted(taxes.items())]


def _terms(order: Order) -> list[str]:
    """Return the terms of the sale: currency, and the policy versions that the buyer accepted."""
    lines = [gettext("All amounts are in Canadian dollars (CAD).")]
    accepted = Acceptance.objects.filter(subject=f"order:{order.number}")
    versions = [
        f"{each.version}: {settings.SITE_URL}{each.version.get_absolute_url()}"
        for each in accepted.select_related("version__policy").order_by("pk")
    ]
    if versions:
        lines.append(gettext("The terms accepted with the order:"))
    return [*lines, *versions]
