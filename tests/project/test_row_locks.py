"""Changes of many rows lock them in the order of their primary keys, as the workers do."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from catalog import read_model
from catalog.back_in_stock import services
from catalog.back_in_stock.models import BackInStockRequest, RequestState
from catalog.models import Product
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert
from tests.catalog import stock
from tests.checkout.factories import make_product
from tests.concurrency import run_concurrently, wait_until, waiting_connections

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
LONG_AGO = timezone.now() - timedelta(days=4000)


@pytest.fixture(autouse=True)
def _engine(needs_postgres: None) -> None:
    pass


def _reverse_on_disk(model: Any) -> list[int]:
    """Rewrite the rows from the last to the first, so that a scan finds them in that order."""
    pks = list(model.objects.order_by("pk").values_list("pk", flat=True))
    for pk in reversed(pks):
        models.QuerySet(model).filter(pk=pk).update(**{model._meta.pk.name: models.F("pk")})
    return pks


def _locks_in_order(model: Any, change: Callable[[], Any]) -> Any:
    """Run the change while its first row is locked; it must not hold a later row by then."""
    first, *later = _reverse_on_disk(model)
    results: list[Any] = []
    job = threading.Thread(target=lambda: results.extend(run_concurrently(change)))
    with transaction.atomic():
        model.objects.select_for_update().get(pk=first)
        job.start()
        wait_until(waiting_connections)
        rows = model.objects.filter(pk__in=later).select_for_update(of=("self",), nowait=True)
        assert len(rows) == len(later)  # raises OperationalError if the change holds one
    job.join()
    return results[0]


def _requests(*products: Product, emails: int = 2, **fields: Any) -> None:
    for email in range(emails):
        for each in products:
            BackInStockRequest.objects.create(product=each, email=f"{email}@example.com", **fields)


def test_cancelling_the_requests_of_an_email_locks_in_order():
    # Mutation: without the order in lock_rows(), all five changes held a later row
    _requests(make_product("A"), make_product("B"), emails=1, state=RequestState.REQUESTED)
    assert _locks_in_order(BackInStockRequest, lambda: services.cancel_all("0@example.com")) == 2


def test_deleting_old_requests_locks_in_order():
    ended = {"state": RequestState.CANCELLED, "cancelled_at": LONG_AGO}
    _requests(make_product("A"), make_product("B"), **ended)
    assert _locks_in_order(BackInStockRequest, services.delete_old) == 4


def test_notifying_locks_requests_in_order():
    _requests(product := make_product(stock=5), emails=3, state=RequestState.REQUESTED)
    newest = BackInStockRequest.objects.order_by("pk").first()
    BackInStockRequest.objects.filter(pk=newest.pk).update(requested_at=timezone.now())
    assert _locks_in_order(BackInStockRequest, lambda: services.notify(product.pk)) == 3


def test_refreshing_the_read_model_locks_products_in_order():
    for title in "ABC":
        make_product(title)
    assert _locks_in_order(Product, read_model.refresh) == 3


def test_resolving_payment_alerts_locks_in_order(client: Any, charlie: User):
    order = Order.objects.create(number="1", status="pending", total_incl_tax=0, total_excl_tax=0)
    alerts = [PaymentAlert.objects.create(order=order, text=text) for text in "abc"]
    client.force_login(charlie)
    data = {"action": "resolve", "_selected_action": [alert.pk for alert in alerts]}
    url = reverse("admin:payment_paymentalert_changelist")
    response = _locks_in_order(PaymentAlert, lambda: client.post(url, data))
    assert (response.status_code, PaymentAlert.objects.filter(resolved_at=None).count()) == (302, 0)


def test_all_changes_of_requests_at_once_do_not_deadlock():
    products = [make_product(title, stock=3) for title in "ABCD"]
    _requests(*products, emails=4, state=RequestState.REQUESTED)
    _reverse_on_disk(BackInStockRequest)
    results = run_concurrently(
        *(lambda e=email: services.cancel_all(f"{e}@example.com") for email in range(4)),
        *(lambda p=product: services.notify(p.pk) for product in products),
        services.delete_old,
        services.notify_all,
        lambda: stock.put(9),
    )
    assert [each for each in results if isinstance(each, Exception)] == []
    assert not BackInStockRequest.objects.requested().exists()
