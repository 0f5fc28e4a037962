"""Orders of a guest join the account that verifies the same email address."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.users.models import User
from tests.checkout.shopper import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


@pytest.fixture
def dana(db: None) -> User:
    """Dana registered, and has not verified her email address yet."""
    user = User.objects.create_user("dana@example.com", "pass-dana-3.6")
    EmailAddress.objects.create(user=user, email="dana@example.com", primary=True)
    return user


def test_guest_orders_are_linked_on_verification_and_not_before(
    order: Any, dana: User, client: Client
) -> None:
    # Mutation: without `instance.verified`, an unverified address sees the order.
    placed, other = order(email="Dana@Example.com"), order(email="erin@example.com")
    client.force_login(dana)
    assert placed.number not in text(client.get("/account/orders/"))
    address = dana.emailaddress_set.get()
    address.verified = True
    address.save()
    placed.refresh_from_db()
    other.refresh_from_db()
    assert (placed.user, placed.account_email_key) == (dana, "dana@example.com")
    assert other.user is None
    assert placed.notes.get().message == "Added to the account that verified dana@example.com."
    assert placed.number in text(client.get("/account/orders/"))


def test_order_of_another_account_is_not_linked(order: Any, dana: User, alice: User) -> None:
    placed = order(user=alice, email="dana@example.com")
    dana.emailaddress_set.update(verified=False)
    address = dana.emailaddress_set.get()
    address.verified = True
    address.save()
    placed.refresh_from_db()
    assert placed.user == alice
