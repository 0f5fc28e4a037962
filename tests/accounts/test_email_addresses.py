"""One normalized form of an email address for accounts, back-in-stock requests and newsletter."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from accounts.email_addresses import normalize_email, verified_email
from accounts.newsletter.models import Subscriber
from accounts.users.models import User
from catalog.back_in_stock.models import BackInStockRequest
from tests.catalog import factories

pytestmark = pytest.mark.django_db

STORED = "dana@xn--bcher-kva.example"


@pytest.fixture
def dana() -> User:
    """An account with a verified email whose domain has an umlaut."""
    user = User.objects.create_user("Dana@Bücher.example", "x")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


@pytest.mark.parametrize("email", [" Dana@BÜCHER.example", STORED.upper()])
def test_spellings_are_one_address(email: str) -> None:
    assert normalize_email(email) == STORED


def test_only_a_verified_email_is_returned(dana: User) -> None:
    assert verified_email(dana) == STORED
    dana.emailaddress_set.update(verified=False)
    assert [verified_email(user) for user in (dana, AnonymousUser(), None)] == ["", "", ""]


def test_back_in_stock_and_newsletter_store_the_same_address(client: Client, dana: User) -> None:
    # Mutation: with lower() alone, the request had an address that its owner did not find.
    client.force_login(dana)
    product = factories.product("Moth", stock=0)
    client.post(reverse("back_in_stock:subscribe"), {"product": product.pk})
    Subscriber.objects.create(email=verified_email(dana))
    assert BackInStockRequest.objects.get().email == Subscriber.objects.get().email == STORED
    BackInStockRequest.objects.update(user=None)
    assert BackInStockRequest.objects.of(dana).count() == 1
