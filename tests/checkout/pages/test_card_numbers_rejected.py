"""What people type by hand never reaches the database with a card number in it."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.test import Client

from accounts.newsletter.campaigns.feedback import note
from accounts.newsletter.campaigns.models import Feedback
from accounts.newsletter.models import ImportRun
from checkout.order.models import Order
from microflight.core.csv_files import InvalidFile
from tests.accounts.newsletter.import_files import checked, row
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, checkout_form, press_pay, text
from tests.project.admin_rows import ROWS
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

CARD = "4242 4242 4242 4242"
MESSAGE = "This looks like a card number"


def stored() -> list[str]:
    """Return the columns that contain the card number."""
    tables = connection.introspection.table_names()
    return [
        f"{model._meta.label}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if model._meta.db_table in tables
        and isinstance(column, models.CharField | models.TextField | models.JSONField)
        and model._default_manager.filter(**{f"{column.name}__regex": "4242[ -]?4242"}).exists()
    ]


@pytest.fixture
def buyer(client: Client) -> Client:
    """A guest with one aircraft in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


@pytest.mark.promise("card-numbers-removed")
@pytest.mark.parametrize(
    "field", ["note", "first_name", "last_name", "line1", "line2", "city", "phone"]
)
def test_checkout_rejects_card_number(buyer: Client, stripe_double: Double, field: str) -> None:
    form = checkout_form(buyer) | {field: f"Card {CARD}"}
    response = press_pay(buyer, form, stripe_double)
    if field != "phone":  # which has its own message
        assert MESSAGE in text(response)
    assert not Order.objects.exists()
    assert stored() == []


def test_saved_answers_lose_card_number(buyer: Client) -> None:
    # Mutation: `store_answers` without `redact_card_numbers`.
    buyer.post("/checkout/leave/", ANSWERS | {"note": f"Card {CARD}", "leave": "cart"})
    answers = [session.get_decoded() for session in Session.objects.all()]
    assert "[card number removed]" in str(answers)
    assert "4242" not in str(answers)


@pytest.mark.promise("card-numbers-removed")
@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/newsletter/", {"email": "dana@example.com", "name": CARD}),
        ("/orders/", {"number": CARD, "email": "dana@example.com"}),
        ("/account/signup/", {"email": "4242424242424242@example.com"}),
        ("/cart/vouchers/add/", {"code": CARD}),
    ],
)
def test_public_forms_store_no_card_number(client: Client, url: str, data: Any) -> None:
    assert client.post(url, data).status_code < 500
    assert stored() == []


def test_staff_note_with_card_number_is_rejected(staff: Client) -> None:
    placed = ROWS["order.Order"](1)
    url = f"/admin/order/order/{placed.pk}/note/do/"
    response = staff.post(url, {"message": f"Called, card {CARD}"})
    assert MESSAGE in text(response)
    assert not placed.notes.exists()


def test_import_of_file_with_card_number_is_rejected() -> None:
    with pytest.raises(InvalidFile, match="Row 3 contains a card number. Remove it"):
        checked(row(), row(name=f"Dana {CARD}"))
    assert not ImportRun.objects.exists()


def test_bounce_report_loses_card_number() -> None:
    note("mailbox", "1", "hard", "dana@example.com", detail=f"550 quota, card {CARD}")
    assert "4242" not in Feedback.objects.get().detail
