"""The customs form (CN22/CN23) of a shipment as PDF, from its frozen declaration."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from checkout.documents.models import CustomsDeclaration
from microflight.core import pdf_document
from microflight.core.pdf_document import Document, Section

_HEADER = [
    "Contents", "Quantity", "Weight (g)", "Unit value", "Value", "HS code", "Origin",
]  # fmt: skip


def customs_form(declaration: CustomsDeclaration) -> Document:
    """Return the form, always in English, which customs accepts everywhere."""
    with override(settings.LANGUAGE_CODE):
        return Document(
            title=f"Customs declaration {declaration.content['form']}",
            dated=declaration.created_at,
            sections=_sections(declaration),
            language="en-CA",
        )


def _sections(declaration: CustomsDeclaration) -> list[Section]:
    content = declaration.content
    sums = [
        ("Total weight (g)", content["total_weight_g"]),
        (f"Total value ({content['currency']})", content["total_value"]),
    ]
    sections = [
        pdf_document.columns(
            ("From", [*content["sender"], content["sender_phone"]]),
            ("To", [*content["recipient"], content["recipient_phone"]]),
        ),
        pdf_document.facts(_facts(declaration)),
        pdf_document.table(
            _HEADER, [_row(each) for each in content["items"]], align="wrrrrll", sums=sums
        ),
    ]
    if any(item["cusma"] for item in content["items"]):
        sections.append(pdf_document.text("* Originating goods under CUSMA (claim of origin)."))
    text = (
        "I certify that this declaration is correct, and that the parcel holds nothing dangerous "
        "and nothing that laws, postal rules or customs rules prohibit."
    )
    return [*sections, pdf_document.text(text, "Sender’s signature: ______________________")]


def _facts(declaration: CustomsDeclaration) -> list[tuple[str, str]]:
    shipment = declaration.shipment
    return [
        ("Order", shipment.order.number),
        ("Tracking number", shipment.tracking_number),
        ("Reason for export", str(declaration.get_reason_display())),
        ("If it cannot be delivered", str(declaration.get_non_delivery_display())),
        ("Declaration ID", declaration.declaration_id),
        ("Date", date_format(timezone.localdate(declaration.created_at), "F j, Y")),
    ]


def _row(item: dict[str, Any]) -> list[str]:
    star = " *" if item["cusma"] else ""
    keys = ("quantity", "weight_g", "unit_value", "value", "hs_code")
    return [item["description"] + star, *(str(item[key]) for key in keys), item["origin"]]
