"""Issuing invoices and credit notes, once each, with gapless numbers."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from checkout.documents import content
from checkout.documents.models import (
    DocumentSequence,
    DocumentType,
    IssuedDocument,
    document_code,
)
from checkout.order.locking import lock_order
from checkout.order.models import Order
from checkout.payment.models import Transaction, TransactionType


def on_transactions_recorded(order: Order, **_kwargs: Any) -> None:
    """Issue the documents of a payment or refund that was just recorded."""
    issue_missing(order)


@transaction.atomic
def issue_missing(order: Order) -> list[IssuedDocument]:
    """Issue what an order lacks: its invoice once it is paid, a credit note for each refund, and
    the reversal of each whose refund failed. A second call issues nothing.

    An order that was never placed has none: its payment was returned before anything was sold.
    """
    order = lock_order(order)
    rows = Transaction.objects.filter(attempt__order=order)
    transactions = list(rows.prefetch_related("allocations__line").order_by("pk"))
    captured = [each for each in transactions if each.type == TransactionType.CAPTURE]
    if order.placed_at is None or not captured:
        return []
    documents = {(one.type, one.refund_id): one for one in order.documents.all()}
    issued = []
    invoice = documents.get((DocumentType.INVOICE, None))
    if invoice is None:
        invoice = _issue(DocumentType.INVOICE, order, content.invoice(order, captured))
        issued.append(invoice)
    for refund in transactions:
        for document_type in _types_for(refund):
            if (document_type, refund.pk) not in documents:
                draft = content.credit_note(document_type, order, refund, invoice)
                issued.append(_issue(document_type, order, draft, refund))
    return issued


def _types_for(transaction: Transaction) -> list[DocumentType]:
    """Return the documents that a transaction needs besides the invoice."""
    if transaction.type != TransactionType.REFUND:
        return []
    failed = [DocumentType.REVERSAL] if transaction.failed_at else []
    return [DocumentType.CREDIT_NOTE, *failed]


def _issue(
    document_type: DocumentType,
    order: Order,
    draft: content.Draft,
    refund: Transaction | None = None,
) -> IssuedDocument:
    """Take the next number, and save the document with it. In the caller's transaction."""
    number = _next_number(document_type)
    return IssuedDocument.objects.create(
        type=document_type,
        number=number,
        order=order,
        refund=refund,
        issued_at=draft.issued_at,
        total_cents=draft.total_cents,
        content=draft.with_number(document_code(document_type, number)),
    )


def _next_number(document_type: DocumentType) -> int:
    """Return the next number; other transactions wait for theirs until this one ends."""
    sequences = DocumentSequence.objects.select_for_update()
    sequence = sequences.get_or_create(type=document_type)[0]
    sequence.last_number += 1
    sequence.save(update_fields=["last_number"])
    return sequence.last_number


def issue_all_missing() -> int:
    """Issue documents that a killed process did not; return how many."""
    return sum(len(issue_missing(order)) for order in _orders_without_documents())


def _orders_without_documents() -> Any:
    """Return orders that are paid without an invoice, or have a refund without its document."""
    captures = Transaction.objects.filter(
        attempt__order=OuterRef("pk"), type=TransactionType.CAPTURE
    )
    invoices = IssuedDocument.objects.filter(order=OuterRef("pk"), type=DocumentType.INVOICE)
    refunds = Transaction.objects.filter(attempt__order=OuterRef("pk"), type=TransactionType.REFUND)
    own = IssuedDocument.objects.filter(refund=OuterRef("pk"))
    credited = own.filter(type=DocumentType.CREDIT_NOTE)
    reversed_ = own.filter(type=DocumentType.REVERSAL)
    unanswered = refunds.filter(~Exists(credited) | Q(failed_at__isnull=False) & ~Exists(reversed_))
    paid = Order.objects.filter(Exists(captures), placed_at__isnull=False)
    return paid.filter(~Exists(invoices) | Exists(unanswered)).order_by(F("placed_at"))
