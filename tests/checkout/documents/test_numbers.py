"""Numbers of documents have no gaps, also when transactions roll back or run at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from checkout.documents import services
from checkout.documents.models import DocumentType, IssuedDocument
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, Transaction
from tests.concurrency import run_concurrently


def paid_order(number: int) -> Order:
    """A placed order of shipping alone, with its captured payment."""
    order = Order.objects.create(
        number=f"{number}", status="placed", placed_at=timezone.now(),
        total_incl_tax=Decimal(12), total_excl_tax=12, shipping_incl_tax=12, shipping_excl_tax=12,
    )  # fmt: skip
    attempt = PaymentAttempt.objects.create(
        order=order, amount_cents=1200, captured_cents=1200, expires_at=timezone.now(),
        state="captured",
    )  # fmt: skip
    Transaction.objects.create(
        attempt=attempt, type="capture", amount_cents=1200, stripe_id=f"ch_{number}"
    )
    return order


def numbers() -> list[int]:
    invoices = IssuedDocument.objects.filter(type=DocumentType.INVOICE)
    return list(invoices.order_by("number").values_list("number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_rolled_back_document_leaves_no_gap() -> None:
    # Mutation: with the number taken in a transaction of its own, 1 and 3 were used.
    first, second, third = (paid_order(number) for number in (1, 2, 3))
    services.issue_missing(first)
    with transaction.atomic():
        services.issue_missing(second)
        transaction.set_rollback(True)
    services.issue_missing(third)
    assert numbers() == [1, 2]
    services.issue_missing(second)
    assert numbers() == [1, 2, 3]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgres")
def test_documents_issued_at_once_get_consecutive_numbers() -> None:
    # Mutation: without select_for_update() two of them got the same number: IntegrityError.
    orders = [paid_order(number) for number in range(8)]

    def issue(order: Order, *, fail: bool) -> Any:
        with transaction.atomic():
            issued = services.issue_missing(order)
            if fail:
                raise RuntimeError
        return issued

    jobs = [
        lambda order=order, fail=number % 4 == 3: issue(order, fail=fail)
        for number, order in enumerate(orders)
    ]
    same = [lambda: services.issue_missing(orders[0])] * 2
    results = run_concurrently(*jobs, *same)
    failed = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in failed] == [RuntimeError, RuntimeError]
    assert numbers() == [1, 2, 3, 4, 5, 6]
    assert services.issue_all_missing() == 2
    assert numbers() == list(range(1, 9))
