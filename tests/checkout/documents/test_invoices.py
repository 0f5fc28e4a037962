"""Invoices and credit notes: issued once, frozen, and what they say."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.users.models import User
from checkout.documents import printing, services, slips
from checkout.documents.models import (
    DocumentImmutable,
    DocumentSequence,
    DocumentType,
    IssuedDocument,
    content_hash,
)
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.settlement.services import pay
from checkout.shipping.models import ShippingMethod
from microflight.core.pdf_document import Paper, render
from tests.checkout.conftest import token
from tests.checkout.documents.conftest import ship_all
from tests.pdf_files import text_of_pdf
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db


def printed(document: IssuedDocument) -> str:
    return text_of_pdf(printing.pdf(document, Paper.LETTER))


def invoice_of(order: Order) -> IssuedDocument:
    return order.documents.get(type=DocumentType.INVOICE)


def test_invoice_prints_lines_shipping_taxes_buyer_and_terms(captured: Order) -> None:
    # 2 x 49.95 + 19.99 = 119.89; shipping 11.50; GST 5% of 131.39 = 6.57, PST 6% = 7.88
    text = printed(invoice_of(captured))
    assert "Invoice INV-000001" in text
    assert "Plantraco Ltd. 1101 8th Street East Saskatoon SK S7H 0S3" in text
    assert "Dana Reyes 12 Elm Street Saskatoon SK S7K 1A1 Canada dana@example.com" in text
    assert f"Order {captured.number}" in text
    assert "GST registration number 123456782RT0001 PST registration number 1234567" in text
    assert "2 $49.95 $99.90" in text
    assert "1 $19.99 $19.99" in text
    for amount in ("Subtotal $119.89", "$11.50", "GST 5% $6.57", "PST 6% $7.88"):
        assert amount in text
    assert "Total (CAD) $145.84" in text
    assert "Paid: $145.84. Amount due: $0.00." in text
    assert "All amounts are in Canadian dollars (CAD)." in text
    assert "/policies/payment/v1/" in text
    assert invoice_of(captured).sha256 in text
    assert invoice_of(captured).total_cents == 14584


def test_document_is_issued_once(captured: Order) -> None:
    assert services.issue_missing(captured) == []
    assert services.issue_all_missing() == 0
    assert IssuedDocument.objects.count() == 1


def test_pdf_of_a_document_never_changes(captured: Order) -> None:
    # Mutation: with content built again in printing.pdf(), the new title was printed.
    document = invoice_of(captured)
    before = printing.pdf(document, Paper.A4)
    captured.lines.update(title="Renamed", unit_price_excl_tax=1)
    captured.shipping_address.first_name = "Robin"
    captured.shipping_address.save()
    again = IssuedDocument.objects.get(pk=document.pk)
    assert printing.pdf(again, Paper.A4) == before
    assert content_hash(again.content) == again.sha256
    assert "Renamed" not in printed(again)


def test_order_without_capture_has_no_invoice(order: Any, stripe_double: Double) -> None:
    made = order()
    assert services.issue_missing(made) == []
    pay(order=made, confirmation_token=token(stripe_double))  # authorized only
    assert services.issue_missing(made) == []
    assert not IssuedDocument.objects.exists()
    assert not DocumentSequence.objects.exists()


def test_shipping_issues_the_invoice_after_the_commit(
    order: Any, stripe_double: Double, django_capture_on_commit_callbacks: Any
) -> None:
    # Mutation: without announce_transactions() in record_transaction() there was none.
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    with django_capture_on_commit_callbacks(execute=True):
        ship_all(made)
    assert invoice_of(made).code == "INV-000001"


def test_documents_of_a_pickup_name_no_place_to_ship_to(order: Any, stripe_double: Double) -> None:
    # A staff order keeps the customer's postal address, which is not where the items go.
    made = order()
    Order.objects.filter(pk=made.pk).update(is_pickup=True)
    made = Order.objects.get(pk=made.pk)
    pay(order=made, confirmation_token=token(stripe_double))
    shipment = ship_all(made)
    services.issue_missing(made)
    slip = text_of_pdf(render(slips.packing_slip_of(shipment), Paper.LETTER))
    for text in (printed(invoice_of(made)), slip):
        assert "Ship to" not in text
        assert "12 Elm Street Saskatoon SK S7K 1A1 Canada" in text


def test_items_cancelled_before_the_capture_are_not_invoiced(
    order: Any, cart: Any, product: Any, stripe_double: Double
) -> None:
    made = order(basket=cart((product(), 3)))
    pay(order=made, confirmation_token=token(stripe_double))
    line = made.lines.get()
    cancel_items(order=made, quantities={line.pk: 2}, reason="Lost", by=None)
    line.refresh_from_db()
    create_shipment(order=made, quantities={line.pk: 1}, carrier="x", tracking_number="", by=None)
    (document,) = services.issue_missing(made)
    attempt = made.attempts.get()
    assert document.total_cents == attempt.captured_cents == attempt.due_cents
    assert "1 $49.95 $49.95" in printed(document)
    assert "Subtotal $49.95" in printed(document)


def test_refund_gets_a_credit_note_with_its_tax(captured: Order, charlie: Any) -> None:
    refund = refund_order(order=captured, cents=14584, reason="Arrived broken", by=charlie)
    (note,) = services.issue_missing(captured)
    assert (note.type, note.code, note.refund) == ("credit-note", "CN-000001", refund)
    text = printed(note)
    assert "Credit note CN-000001" in text
    assert "For invoice INV-000001" in text
    assert "Reason Arrived broken" in text
    assert "Shipping $11.50" in text
    assert "GST $6.57 PST $7.88 Total refunded (CAD) $145.84" in text


def test_export_prints_registrations_and_no_tax(order: Any, product: Any, stripe_double: Double):
    plane = product()
    method = ShippingMethod.objects.filter(zones__zone__code="world").order_by("position").first()
    made = order(
        plane, country="DE", province="", city="Berlin", postcode="10115", shipping_code=method.code
    )
    pay(order=made, confirmation_token=token(stripe_double))
    capture_payment_early(order=made, reason="by phone", by=None)
    (document,) = services.issue_missing(made)
    text = printed(document)
    assert "Canada (GST and HST) registration number 123456782RT0001" in text
    assert "Tax (none: shipped outside Canada) $0.00" in text


def test_each_partial_refund_gets_its_own_credit_note(captured: Order, charlie: Any) -> None:
    for cents in (100, 250):
        refund_order(order=captured, cents=cents, reason=f"{cents}", by=charlie)
    services.issue_missing(captured)
    notes = captured.documents.filter(type=DocumentType.CREDIT_NOTE).order_by("number")
    assert list(notes.values_list("number", "total_cents")) == [(1, 100), (2, 250)]


def test_refund_that_the_bank_returned_reverses_its_credit_note(
    captured: Order, charlie: Any
) -> None:
    refund_order(order=captured, cents=500, reason="Late", by=charlie)
    services.issue_missing(captured)
    Transaction.objects.filter(type="refund").update(failed_at=captured.placed_at)
    (reversal,) = services.issue_missing(captured)
    assert (reversal.code, reversal.total_cents) == ("CNR-000001", 500)
    assert "The bank returned this refund" in printed(reversal)
    assert services.issue_all_missing() == 0


def test_job_issues_what_a_killed_process_did_not(captured: Order, charlie: Any) -> None:
    refund_order(order=captured, cents=500, reason="Late", by=charlie)
    assert services.issue_all_missing() == 1
    assert services.issue_all_missing() == 0


def test_issued_document_cannot_be_changed_or_deleted(captured: Order) -> None:
    document = invoice_of(captured)
    document.total_cents = 1
    with pytest.raises(DocumentImmutable):
        document.save()
    with pytest.raises(DocumentImmutable):
        document.delete()
    assert invoice_of(captured).total_cents == 14584


@pytest.mark.usefixtures("needs_postgres")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE documents_issueddocument SET total_cents = 1",
        "DELETE FROM documents_issueddocument",
    ],
)
def test_postgres_rejects_changes_by_plain_sql(captured: Order, sql: str) -> None:
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        connection.cursor().execute(sql)
    assert invoice_of(captured).total_cents == 14584


# --- Pages ---


def document_url(order: Order, secret: str = "") -> str:
    return f"/orders/{order.number}/{secret or order.link_secret}/documents/INV-000001.pdf"


def test_guest_downloads_the_invoice_with_the_order_link(client: Client, captured: Order) -> None:
    page = client.get(f"/orders/{captured.number}/{captured.link_secret}/").content.decode()
    assert f'<a href="{document_url(captured)}">Invoice INV-000001 (PDF)</a>' in page
    assert f'<a href="{document_url(captured)}?paper=a4">on A4 paper</a>' in page
    response = client.get(document_url(captured))
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == 'inline; filename="INV-000001.pdf"'
    assert "Total (CAD) $145.84" in text_of_pdf(response.content)


def test_another_customer_gets_404(client: Client, captured: Order, order: Any, bob: User) -> None:
    # Mutation: with IssuedDocument.objects instead of order.documents, Bob read it by his order.
    own = order(user=bob)
    client.force_login(bob)
    assert client.get(document_url(captured, "wrong")).status_code == 404
    assert client.get(document_url(captured, own.link_secret)).status_code == 404
    assert client.get(document_url(own)).status_code == 404
    assert client.get(document_url(captured).replace("000001", "000002")).status_code == 404


def test_name_without_a_font_gets_a_message(client: Client, captured: Order) -> None:
    made = IssuedDocument.objects.create(
        type="credit-note", number=9, order=captured, total_cents=0,
        refund=Transaction.objects.get(type="capture"),
        content={"title": "\U0010fffd", "language": "en-CA", "sections": []},
    )  # fmt: skip
    url = document_url(captured).replace("INV-000001", made.code)
    response = client.get(url, follow=True)
    assert response.redirect_chain == [(f"/orders/{captured.number}/{captured.link_secret}/", 302)]
    assert "our PDF fonts have no character" in response.content.decode()


def test_staff_open_the_pdf_from_the_order_and_the_list(staff: Client, captured: Order) -> None:
    document = invoice_of(captured)
    url = f"/admin/documents/issueddocument/{document.pk}/pdf/"
    page = staff.get(f"/admin/order/order/{captured.pk}/change/").content.decode()
    assert f'<a href="{url}">Invoice INV-000001 (PDF)</a>' in page
    assert "INV-000001" in staff.get("/admin/documents/issueddocument/").content.decode()
    detail = staff.get(f"/admin/documents/issueddocument/{document.pk}/change/").content.decode()
    assert f'<a href="{url}?paper=a4">A4</a>' in detail
    response = staff.get(f"{url}?paper=a4")
    assert response["Content-Type"] == "application/pdf"


def test_staff_without_permission_get_403(client: Client, captured: Order, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    url = f"/admin/documents/issueddocument/{invoice_of(captured).pk}/pdf/"
    assert client.get(url).status_code == 403
