"""Issued documents as PDF, and the links to them."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from checkout.documents.models import IssuedDocument
from checkout.order.links import status_token
from checkout.order.models import Order
from microflight.core import pdf_document
from microflight.core.pdf_document import Paper, paper_for


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document on an order page: its PDF on the usual paper of the country, and on the other."""

    name: str
    issued_at: datetime
    url: str
    other_url: str
    other_paper: str


def pdf(document: IssuedDocument, paper: Paper) -> bytes:
    """Return the PDF: the same bytes each time. Raises CannotPrint."""
    frozen = document.content
    content = pdf_document.Document(
        title=frozen["title"],
        dated=document.issued_at,
        sections=frozen["sections"],
        footer=[f"SHA-256 {document.sha256}"],
        language=frozen["language"],
    )
    return pdf_document.render(content, paper)


def country_of(order: Order) -> str:
    """Return the ISO code of the country that an order goes to; "" if it has no address."""
    address = order.customer_address
    return str(address.country_id) if address else ""


def links_to_documents(order: Order) -> list[DocumentLink]:
    """Return the links to the documents of an order, oldest first. One query."""
    documents = order.documents.defer("content").order_by("pk")
    usual = paper_for(country_of(order))
    other = Paper.A4 if usual == Paper.LETTER else Paper.LETTER
    return [_link(order, document, other) for document in documents]


def _link(order: Order, document: IssuedDocument, other: Paper) -> DocumentLink:
    url = reverse("documents:pdf", args=[order.number, status_token(order), document.code])
    return DocumentLink(
        name=f"{document.get_type_display()} {document.code}",
        issued_at=document.issued_at,
        url=url,
        other_url=f"{url}?paper={other}",
        other_paper=str(other.label),
    )
