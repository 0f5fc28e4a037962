"""Promotions for some customers: first orders, tags, chosen customers; and the log of changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog.models import Product
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from checkout.basket.services import price_basket, price_for_email
from checkout.offers.models import EligibleEmail
from checkout.promotions.models import Promotion
from checkout.promotions.preview import preview
from checkout.promotions.terms import describe
from microflight.customers.merge import merge
from microflight.customers.models import Customer
from tests.accounts.orders import make_order
from tests.admin_forms import open_form
from tests.checkout.factories import make_offer, make_product

ADD = "admin:promotions_promotion_add"
FULL, REDUCED = Decimal("20.00"), Decimal("18.00")
pytestmark = pytest.mark.django_db


@pytest.fixture
def motor() -> Product:
    return make_product("Motor", price="20.00", upc="MO-1")


def add(staff: Client, **values: Any) -> Any:
    data = {**open_form(staff, reverse(ADD)), "amount": "10", "scope": "all", **values}
    return staff.post(reverse(ADD), data)


def change_url(offer: Promotion) -> str:
    return reverse("admin:promotions_promotion_change", args=[offer.pk])


def price(product: Product, user: User | None = None, email: str = "") -> Decimal:
    """Return what a cart with one of a product costs an account, or a guest with an email."""
    basket = Basket.objects.create()
    basket.strategy = Selector().strategy()
    basket.add_product(product, 1)
    basket = Basket.objects.get(pk=basket.pk)
    price_basket(basket, user)
    price_for_email(basket, email)
    return Decimal(basket.total_excl_tax)


def test_first_order_is_that_of_an_account_or_email(
    staff: Client, motor: Product, alice: User, bob: User
) -> None:
    add(staff, who="first-order")
    assert describe(Promotion.objects.get()) == (
        "10% off all products, for the first order of a customer, without an end."
    )
    guest_order = make_order(number="100025", email="Dana@Example.com")
    make_order(number="100033", user=alice)
    assert price(motor) == REDUCED  # not known yet
    assert price(motor, email="erin@example.com") == REDUCED
    assert price(motor, email="dana+2@example.com") == FULL
    assert price(motor, bob) == REDUCED
    assert price(motor, bob, email="dana@example.com") == FULL
    assert price(motor, alice) == FULL
    guest_order.status = "cancelled"
    guest_order.save(update_fields=["status"])
    assert price(motor, email="dana@example.com") == REDUCED


def test_tag_needs_an_account_with_a_verified_email(
    staff: Client, motor: Product, alice: User, bob: User
) -> None:
    add(staff, who="tag", tag=" VIP ")
    assert describe(Promotion.objects.get()) == (
        "10% off all products, for customers with the tag “vip”, without an end."
    )
    Customer.objects.create(user=alice, tags=",club,vip,")
    Customer.objects.create(user=bob, tags=",vips,")
    Customer.objects.create(email="dana@example.com", tags=",vip,")
    assert price(motor, alice) == REDUCED
    assert price(motor, bob) == FULL
    assert price(motor, email="dana@example.com") == FULL
    assert price(motor, email="alice@example.com") == FULL
    alice.emailaddress_set.update(verified=False)
    assert price(motor, alice) == FULL


def test_chosen_customers_are_those_who_verified_an_address(
    staff: Client, motor: Product, alice: User, bob: User
) -> None:
    add(staff, who="emails", emails="Alice@Example.com,\r\ndana@example.com alice@example.com")
    offer = Promotion.objects.get()
    assert describe(offer) == "10% off all products, for 2 chosen customers, without an end."
    (example,) = preview(offer).examples
    assert (example.before, example.after) == (FULL, REDUCED)
    assert price(motor, alice) == REDUCED
    assert price(motor, bob, email="alice@example.com") == FULL
    assert price(motor, email="dana@example.com") == FULL
    alice.emailaddress_set.update(verified=False)
    assert price(motor, alice) == FULL


def test_edited_and_deleted_customers_follow(staff: Client, alice: User, bob: User) -> None:
    add(staff, who="emails", emails="alice@example.com dana@example.com")
    offer = Promotion.objects.get()
    form = open_form(staff, change_url(offer))
    assert form["emails"] == ["alice@example.com\ndana@example.com"]
    staff.post(change_url(offer), form | {"emails": "alice@example.com erin@example.com"})
    emails = EligibleEmail.objects.order_by("email").values_list("email", flat=True)
    assert list(emails) == ["alice@example.com", "erin@example.com"]
    assert LogEntry.objects.latest("pk").change_message == "Email addresses: changed"
    source = Customer.objects.create(email="erin@example.com")
    merge(source=source, target=bob, by=User.objects.get(is_superuser=True), reason="Same")
    assert list(emails.all()) == ["alice@example.com", "bob@example.com"]
    alice.delete()
    assert list(emails.all()) == ["bob@example.com"]
    staff.post(change_url(offer), open_form(staff, change_url(offer)) | {"who": "everyone"})
    assert Promotion.objects.get().offer_type == "Site"
    assert not EligibleEmail.objects.exists()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"who": "tag"}, "Enter one tag."),
        ({"who": "tag", "tag": "vip, club"}, "Enter one tag."),
        ({"who": "tag", "tag": "x" * 41}, "is not a tag"),
        ({"who": "emails"}, "Enter 1 to 2000 email addresses."),
        ({"who": "emails", "emails": "alice@example.com x@y"}, "x@y is not an email address."),
        ({"who": "emails", "emails": "a@example.com " * 2001}, "Enter 1 to 2000 email addresses."),
    ],
)
def test_wrong_customers_are_rejected(values: dict[str, str], error: str, staff: Client) -> None:
    answer = add(staff, **values)
    assert error in str(answer.context["adminform"].form.errors)
    assert not Promotion.objects.exists()


def test_role_that_sees_no_customers_neither_chooses_nor_sees_them(
    staff: Client, with_role: Callable[..., User]
) -> None:
    # Mutation: with Django's permissions only, the page showed the addresses
    add(staff, who="emails", emails="alice@example.com")
    offer = Promotion.objects.get()
    client = Client()
    client.force_login(with_role("Catalogue"))
    page = client.get(change_url(offer)).content.decode()
    assert "for 1 chosen customer" in page
    assert "alice@example.com" not in page
    assert client.post(change_url(offer), {"name": "x"}).status_code == 403
    shown = reverse("admin:promotions_promotion_preview", args=[offer.pk])
    assert client.post(shown, {"name": "x"}).status_code == 403
    answer = add(client, who="emails", emails="bob@example.com")
    assert "Select a valid choice." in str(answer.context["adminform"].form.errors["who"])
    assert add(client, who="first-order").status_code == 302
    assert EligibleEmail.objects.get().email == "alice@example.com"
    # Mutation: with a shallow copy of the field, staff could not choose them any more
    assert open_form(staff, change_url(offer))["who"] == ["emails"]


def test_log_has_old_and_new_values(staff: Client) -> None:
    add(staff, who="everyone")
    offer = Promotion.objects.get()
    form = open_form(staff, change_url(offer))
    changes = {"amount": "20", "who": "accounts", "last_day": "2036-01-02", "exclusive": ""}
    staff.post(change_url(offer), {**form, **changes})
    text = LogEntry.objects.latest("pk").change_message
    assert "How much: 10.00 → 20" in text
    assert "Who: Everyone → Customers who are logged in" in text
    assert "Until the end of: – → " in text
    page = staff.get(reverse("admin:promotions_promotion_history", args=[offer.pk]))
    assert "How much: 10.00 → 20" in page.content.decode()


def test_log_has_times_of_the_shop(staff: Client) -> None:
    # Mutation: the old time was that of UTC, six hours later
    offer = make_offer(start_datetime=datetime(2026, 1, 2, 6, tzinfo=UTC))
    url = reverse("admin:offer_conditionaloffer_change", args=[offer.pk])
    assert staff.post(url, open_form(staff, url) | {"start_datetime_1": "09:30"}).status_code == 302
    text = LogEntry.objects.latest("pk").change_message
    assert text == "Start date: 2 Jan 2026, 00:00 → 2 Jan 2026, 09:30"
