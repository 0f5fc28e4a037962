"""Orders that are placed while staff switch an away period on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.away.models import AwayRule
from catalog.partner.models import StockRecord
from checkout.order.errors import BlockedWhileAway, CartChanged
from checkout.order.models import Order
from checkout.placement.services import place_order
from policies.opening.models import AwayPeriod
from tests.admin_forms import open_form
from tests.checkout.conftest import quote_for
from tests.concurrency import run_behind

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("needs_postgres", "shop"),
]


@pytest.mark.promise("away-hold")
@pytest.mark.parametrize(
    ("handling", "error"), [("block", BlockedWhileAway), ("hold", CartChanged)]
)
def test_no_order_is_placed_by_old_rules_after_the_switch(
    handling: str, error: type[Exception], staff: Client, product: Any, cart: Any, details: Any
) -> None:
    today = timezone.localdate()
    away = AwayPeriod.objects.create(
        starts_on=today, reopens_on=today + timedelta(days=60), text="Closed.", active=False
    )
    AwayRule.objects.create(handling=handling)
    plane = product()
    carts = [cart(plane), cart(plane)]
    shown = [quote_for(each, details).fingerprint for each in carts]
    url = reverse("admin:opening_awayperiod_change", args=[away.pk])
    form = {**open_form(staff, url), "active": "on"}

    def place(number: int) -> Order:
        return place_order(basket=carts[number], details=details, fingerprint=shown[number])

    def switch_on() -> tuple[int, int]:
        return staff.post(url, form).status_code, Order.objects.count()

    first, switched, second = run_behind(
        StockRecord.objects.all(), lambda: place(0), switch_on, lambda: place(1)
    )
    assert (first.on_hold, switched) == (False, (302, 1))
    assert type(second) is error
    assert (Order.objects.count(), StockRecord.objects.get().num_allocated) == (1, 1)
    if isinstance(second, CartChanged):
        details, shown[1] = replace(details, early_charge=True), second.quote.fingerprint
        agreed = place(1)
        assert (agreed.on_hold, agreed.lines.get().held) == (True, True)
