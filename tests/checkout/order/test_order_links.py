"""Order links contain a random secret of their order, and numbers jump after a restore."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from checkout.basket.models import Basket
from checkout.documents.models import DocumentSequence, DocumentType
from checkout.order.links import status_token, status_url
from checkout.order.models import Order, OrderNumber
from checkout.order.numbers import is_order_number, next_number

NAMES = ("orders:status", "returns:cancel-order", "returns:request", "checkout:retry")


def test_each_order_has_its_own_secret(order: Any, product: Any):
    plane = product(stock=5)
    one, two = order(plane), order(plane)
    assert len(one.link_secret) == len(two.link_secret) == 24
    assert one.link_secret != two.link_secret
    assert status_url(one).endswith(f"/orders/{one.number}/{one.link_secret}/")


@pytest.mark.parametrize("name", NAMES)
def test_link_opens_only_its_order(order: Any, product: Any, name: str):
    # Mutation: comparing the secret with that of any order opened the other one
    plane = product(stock=5)
    one, two = order(plane), order(plane)
    assert Client().get(reverse(name, args=[one.number, status_token(one)])).status_code in (
        200,
        302,
    )
    for token in (status_token(two), status_token(one)[:-1], "x", f"{status_token(one)}é"):
        assert Client().get(reverse(name, args=[one.number, token])).status_code == 404
    assert Client().get(reverse(name, args=["100022", status_token(one)])).status_code == 404


def test_same_number_after_a_restore_has_another_link(order: Any, product: Any):
    # Mutation: the signature of the number opened the new order, too
    lost = order(product(stock=5))
    link, number = status_url(lost), lost.number
    other = order(product(stock=5))
    Order.objects.filter(pk=lost.pk).update(number="0")
    Order.objects.filter(pk=other.pk).update(number=number)
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 404


@pytest.mark.django_db
def test_counters_jump_after_a_restore():
    # Mutation: with `by` ignored, the next number followed the last one
    before = int(next_number()[:-1])
    basket = Basket.objects.create()
    out = StringIO()
    call_command("advance_ids", "--by", "5000", stdout=out)
    after = next_number()
    assert int(after[:-1]) - before >= 5000
    assert is_order_number(after)
    assert Basket.objects.create().pk - basket.pk >= 5000
    assert out.getvalue().startswith("ids: ")
    assert out.getvalue().endswith(" tables advanced by 5000\n")


@pytest.mark.django_db
def test_numbers_of_documents_jump_after_a_restore():
    DocumentSequence.objects.create(type=DocumentType.INVOICE, last_number=41)
    call_command("advance_ids", "--by", "5000", stdout=StringIO())
    sequences = DocumentSequence.objects.values_list("type", "last_number")
    assert dict(sequences) == {"invoice": 5041, "credit-note": 5000, "reversal": 5000}


@pytest.mark.django_db
def test_every_table_with_a_counter_jumps():
    out = StringIO()
    call_command("advance_ids", stdout=out)
    auto = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.pk.get_internal_type().endswith("AutoField")
    }
    assert int(out.getvalue().split()[1]) >= len(auto)


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["0", "-5"])
def test_counters_never_go_back(by: str):
    number = OrderNumber.objects.create()
    with pytest.raises(CommandError, match="at least 1"):
        call_command("advance_ids", f"--by={by}")
    assert OrderNumber.objects.create().pk == number.pk + 1
