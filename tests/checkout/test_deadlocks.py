"""Staff edit offers while orders use them, and neither deadlocks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.basket.models import Basket
from checkout.offers.models import ConditionalOffer
from checkout.order.models import Order, OrderDiscount
from checkout.placement.services import place_order
from tests.admin_forms import open_form
from tests.checkout.conftest import quote_for
from tests.checkout.factories import make_offer
from tests.concurrency import run_behind

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(needs_postgres: None) -> None:
    pass


@pytest.fixture
def placing(details: Any) -> Callable[[Basket], Callable[[], Order]]:
    """A job that places the order of a cart."""

    def placing(basket: Basket) -> Callable[[], Order]:
        shown = quote_for(basket, details).fingerprint
        return lambda: place_order(basket=basket, details=details, fingerprint=shown)

    return placing


def test_combining_offers_while_an_order_uses_them(
    product: Any, cart: Any, placing: Any, staff: Client
):
    # Mutation: select_for_update() without no_key in reservations: "deadlock detected"
    first = make_offer("First", percent="10", exclusive=False, priority=2)
    second = make_offer("Second", percent="20", exclusive=False, priority=1)
    first.combinations.add(second)
    place = placing(cart((product(price="50.00"), 2)))
    url = reverse("admin:offer_conditionaloffer_change", args=[second.pk])
    form = {**open_form(staff, url), "combinations": [first.pk]}
    saved, made = run_behind(
        ConditionalOffer.objects.filter(pk=second.pk), lambda: staff.post(url, form), place
    )
    assert saved.status_code == 302
    assert isinstance(made, Order)
    assert list(second.combinations.all()) == [first]
    assert OrderDiscount.objects.filter(order=made).count() == 2
    assert set(ConditionalOffer.objects.values_list("num_orders", flat=True)) == {1}
