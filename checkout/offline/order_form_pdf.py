"""The PDF of an order form: what to send where, the items, and no field for a card."""

from django.utils.formats import date_format
from django.utils.translation import gettext

from checkout.documents.content import address_lines, item_name, sender_lines
from checkout.offline.order_forms import qr_code
from checkout.order.models import Order
from checkout.order.order_summary import TaxTotal, order_summary, tax_totals
from checkout.placement.quote import ZERO
from microflight.core import pdf_document
from microflight.core.business import FACTS
from microflight.core.money import format_money
from microflight.core.pdf_document import Document, Paper, Section, columns, facts, image, table


def order_form_pdf(order: Order, paper: Paper) -> bytes:
    """Return the form as tagged PDF. Raises CannotPrint."""
    assert order.valid_until is not None  # noqa: S101 (of every form)
    sections = [
        columns(
            (gettext("Mail to"), sender_lines()),
            (_customer_heading(order), address_lines(order.shipping_address)),
        ),
        facts(
            [
                (gettext("Reference"), order.number),
                (gettext("Prices valid until"), date_format(order.valid_until, "F j, Y")),
                (gettext("Email"), order.guest_email),
            ]
        ),
        image(qr_code(order), alt=gettext("Reference as QR code"), width_mm=25),
        _items(order),
        pdf_document.text(*instructions(order), heading=gettext("How to pay")),
    ]
    document = Document(gettext("Order form"), order.date_placed, sections)
    return pdf_document.render(document, paper)


def _customer_heading(order: Order) -> str:
    return gettext("Customer") if order.is_pickup else gettext("Ship to")


def instructions(order: Order) -> list[str]:
    """Return how to pay without a card."""
    cheque = gettext(
        "Make a cheque or money order for %(total)s payable to %(company)s and mail it with this "
        "form. Write the reference %(number)s on it."
    )
    values = {
        "total": format_money(order.total_incl_tax),
        "company": FACTS.company,
        "number": order.number,
    }
    agreed = gettext("With this form I agree: %(text)s") % {"text": order.early_charge_text}
    return [
        cheque % values,
        *([agreed] if order.early_charge_text else []),
        gettext("Please write no card number on this form. To pay by card, order on our website."),
        gettext("We reserve the items when the form arrives, and tell you if one is sold out."),
    ]


def _tax_name(tax: TaxTotal) -> str:
    number = gettext("No. %(number)s") % {"number": tax.registration}
    return f"{tax.name} ({number})" if tax.registration else tax.name


def _items(order: Order) -> Section:
    rows = [
        [
            str(line.quantity),
            "\n".join(filter(None, [item_name(line), line.note])),
            "" if line.kit else format_money(line.unit_price_excl_tax or ZERO),
            format_money(line.line_price_before_discounts_excl_tax),
        ]
        for line in order_summary(order)["lines"]
    ]
    discounts = [(row.offer_name, format_money(-row.amount)) for row in order.discounts.all()]
    sums = [
        *discounts,
        (f"{gettext('Shipping')}: {order.shipping_method}", format_money(order.shipping_excl_tax)),
        *((_tax_name(tax), format_money(tax.amount)) for tax in tax_totals(order)),
        (gettext("Total (CAD)"), format_money(order.total_incl_tax)),
    ]
    header = [gettext("Quantity"), gettext("Item"), gettext("Price"), gettext("Amount")]
    return table(header, rows, align="rwrr", sums=sums)
