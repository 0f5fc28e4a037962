"""Personal data that an account stores, and what remains when it is closed."""

import re

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.order.models import Order
from microflight import settings as shop_settings
from policies.models import Acceptance, Policy
from policies.services import accept
from policies.workflow import adopt
from tests.accounts.login import NEW
from tests.accounts.orders import make_order

pytestmark = pytest.mark.django_db


@pytest.mark.promise("minimal-data", "registration-data")
def test_registration_asks_for_name_email_and_password_only(
    client: Client,
) -> None:
    html = client.get(reverse("account_signup")).content.decode()
    fields = set(re.findall(r"<(?:input|select|textarea)[^>]* name=\"([^\"]+)\"", html))
    # no personal data: the checkboxes (policies, newsletter), and "q", the search on every page
    fields -= {"csrfmiddlewaretoken", "q", "next", "agreed", "policies", "newsletter"}
    assert " checked" not in html
    assert fields == {"first_name", "last_name", "email", "password1", "password2"}


@pytest.mark.promise("password-hash")
def test_password_is_stored_as_slow_hash(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    assert not hasattr(shop_settings, "PASSWORD_HASHERS")  # so production has Django's own
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    client.post(reverse("account_signup"), NEW)
    kept = User.objects.get(email=NEW["email"]).password
    assert kept.startswith("pbkdf2_sha256$")
    assert NEW["password1"] not in kept
    assert check_password(NEW["password1"], kept)


@pytest.mark.promise("correction")
def test_closed_account_keeps_orders_and_acceptances(staff: Client, alice: User) -> None:
    order = make_order(user=alice)
    policy = Policy.objects.create(slug="terms", title="Terms")
    accept(adopt(policy, "We sell."), f"order:{order.number}", "I agree.", user=alice)
    url = reverse("admin:users_user_delete", args=[alice.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert Order.objects.get(pk=order.pk).user is None
    kept = Acceptance.objects.get()
    assert (kept.subject, kept.user, kept.label) == (f"order:{order.number}", None, "I agree.")
