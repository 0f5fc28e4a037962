"""Back-in-stock requests: subscribe, confirm, cancel, with and without an account."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import build_email, compose
from accounts.users.models import User
from catalog.back_in_stock import links, services
from catalog.back_in_stock.models import BackInStockRequest
from catalog.models import Product
from tests.catalog import factories

pytestmark = pytest.mark.django_db

URL = "/back-in-stock/"
CHECK_EMAIL = "Check your email for a link to confirm your address."


@pytest.fixture(autouse=True)
def _reset_limits() -> None:
    cache.clear()


@pytest.fixture
def moth(db: None) -> Product:
    """Sold out."""
    return factories.product("Moth", stock=0, pictures=0)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """A client logged in as Alice, whose email is verified."""
    EmailAddress.objects.get_or_create(
        user=alice, email=alice.email, defaults={"verified": True, "primary": True}
    )
    EmailAddress.objects.filter(user=alice).update(verified=True)
    client.force_login(alice)
    return client


def requests() -> list[tuple[str, str]]:
    return list(BackInStockRequest.objects.values_list("email", "state"))


def subscribe(client: Client, product: Product, email: str = "dana@example.com") -> str:
    answer = client.post(URL, {"product": product.pk, "email": email}, follow=True)
    return answer.content.decode()


def email_to(email: str, email_type: str) -> str:
    return str(
        compose(Message.objects.filter(recipient=email, email_type=email_type).latest("pk")).text
    )


def link_in(text: str) -> str:
    return re.search(r"https?://[^/]+(/back-in-stock/\S+)", text)[1]  # type: ignore[index]


def test_sold_out_product_page_shows_the_form(client: Client, moth: Product) -> None:
    page = client.get(moth.get_absolute_url()).content.decode()
    assert f'<input type="hidden" name="product" value="{moth.pk}">' in page
    assert 'name="email"' in page
    assert "Notify me when available" in page


def test_available_product_page_shows_no_form(client: Client) -> None:
    page = client.get(factories.product("Rod", pictures=0).get_absolute_url()).content.decode()
    assert "Notify me" not in page


def test_form_lists_only_sold_out_variants(client: Client) -> None:
    parent = factories.with_variants("Motor", ["12.00"], pictures=0)
    gone = factories.product("Motor, left-hand", price="9.00", stock=0, parent=parent, pictures=0)
    page = client.get(parent.get_absolute_url()).content.decode()
    assert re.findall(r'<option value="(\d+)">([^<]+)</option>', page) == [
        (str(gone.pk), "Left-hand")
    ]
    assert "Add to cart" in page


def test_guest_must_confirm_the_email(client: Client, moth: Product) -> None:
    assert CHECK_EMAIL in subscribe(client, moth, "Dana@Example.com")
    assert requests() == [("dana@example.com", "unconfirmed")]
    url = link_in(email_to("dana@example.com", "confirm-back-in-stock"))
    page = client.get(url).content.decode()
    assert "Confirm your email" in page
    assert moth.get_title() in page
    assert requests() == [("dana@example.com", "unconfirmed")]  # scanners open links
    for _ in range(2):
        assert "Thanks, you’re all set" in client.post(url).content.decode()
        assert requests() == [("dana@example.com", "requested")]


@time_machine.travel("2026-11-30 15:00Z", tick=False)  # the newsletter form has a time stamp
def test_answer_is_the_same_for_known_and_unknown_emails(
    client: Client, moth: Product, alice: User
) -> None:
    answers = [subscribe(client, moth, "dana@example.com"), subscribe(client, moth, alice.email)]
    services.confirm(BackInStockRequest.objects.get(email="dana@example.com").pk)
    sent = Message.objects.count()
    answers.append(subscribe(client, moth, "dana@example.com"))
    plain = {re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", one) for one in answers}
    assert len(plain) == 1
    assert Message.objects.count() == sent  # a confirmed request gets no second link
    assert BackInStockRequest.objects.count() == 2


def test_confirmation_link_expires_after_two_days(client: Client, moth: Product) -> None:
    subscribe(client, moth)
    url = link_in(email_to("dana@example.com", "confirm-back-in-stock"))
    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        answer = client.post(url)
    assert answer.status_code == 410
    assert "This link has expired" in answer.content.decode()
    assert requests() == [("dana@example.com", "unconfirmed")]


@pytest.mark.parametrize("token", ["1:x:y", "nonsense", "1"])
@pytest.mark.parametrize("step", ["confirm", "end"])
def test_forged_link_returns_404(step: str, token: str, client: Client, moth: Product) -> None:
    services.subscribe(product=moth, email="dana@example.com", verified=True)
    assert client.post(f"{URL}{step}/{token}/").status_code == 404
    assert requests() == [("dana@example.com", "requested")]


def test_confirmation_link_cannot_cancel(client: Client, moth: Product) -> None:
    stock_request = services.subscribe(product=moth, email="dana@example.com", verified=False)
    token = links.confirm_url(stock_request.pk).rstrip("/").rpartition("/")[2]
    assert client.post(f"{URL}end/{token}/").status_code == 404
    assert requests() == [("dana@example.com", "unconfirmed")]


def test_account_uses_its_own_email(alices: Client, alice: User, moth: Product) -> None:
    page = alices.get(moth.get_absolute_url()).content.decode()
    assert f"We’ll email {alice.email}, the address of your account." in page
    assert 'name="email"' not in page
    page = subscribe(alices, moth, "charlie@example.com")
    assert f"We&#x27;ll email {alice.email} when it&#x27;s back in stock." in page
    assert requests() == [(alice.email, "requested")]
    assert not Message.objects.exists()


def test_subscribing_twice_creates_one_request(alices: Client, alice: User, moth: Product) -> None:
    for _ in range(2):
        subscribe(alices, moth)
    assert requests() == [(alice.email, "requested")]


@pytest.mark.parametrize("email", ["", "dana", "dana@", "a" * 260 + "@example.com"])
def test_invalid_email_shows_the_form_again(email: str, client: Client, moth: Product) -> None:
    answer = client.post(URL, {"product": moth.pk, "email": email})
    assert answer.status_code == 422
    assert "Notify me when available" in answer.content.decode()
    assert not BackInStockRequest.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("product", ["", "x", "0", "99999999999999999999", "-1"])
def test_unknown_product_returns_404(product: str, client: Client) -> None:
    data = {"product": product, "email": "dana@example.com"}
    assert client.post(URL, data).status_code == 404
    assert client.get(URL, {"product": product}).status_code == 404
    assert not BackInStockRequest.objects.exists()


def test_hidden_product_returns_404(client: Client, moth: Product) -> None:
    Product.objects.update(is_public=False)
    data = {"product": moth.pk, "email": "dana@example.com"}
    assert client.post(URL, data).status_code == 404
    assert not BackInStockRequest.objects.exists()


def test_one_ip_is_limited_to_twenty_requests_an_hour(client: Client, moth: Product) -> None:
    for number in range(20):
        assert CHECK_EMAIL in subscribe(client, moth, f"dana{number}@example.com")
    answer = client.post(URL, {"product": moth.pk, "email": "dana20@example.com"})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert BackInStockRequest.objects.count() == 20


def test_one_email_address_gets_five_links_a_day(client: Client, moth: Product) -> None:
    for _ in range(7):
        assert CHECK_EMAIL in subscribe(client, moth)
    assert Message.objects.filter(email_type="confirm-back-in-stock").count() == 5


def test_account_lists_and_cancels_its_own_requests(
    alices: Client, alice: User, bob: User, moth: Product
) -> None:
    mine = services.subscribe(product=moth, email=alice.email, user=alice, verified=True)
    bobs = services.subscribe(product=moth, email=bob.email, user=bob, verified=True)
    page = alices.get("/account/back-in-stock/").content.decode()
    assert page.count("requested ") == 1
    assert alices.post(f"/account/back-in-stock/{bobs.pk}/end/").status_code == 404
    assert alices.post(f"/account/back-in-stock/{mine.pk}/end/").status_code == 302
    assert dict(requests()) == {alice.email: "cancelled", bob.email: "requested"}
    assert "No back-in-stock requests" in alices.get("/account/back-in-stock/").content.decode()


def test_account_list_requires_login(client: Client) -> None:
    assert client.get("/account/back-in-stock/").status_code == 302


def test_email_link_cancels_all_requests_of_the_address(client: Client, moth: Product) -> None:
    rod = factories.product("Rod", stock=0, pictures=0)
    notified = services.subscribe(product=moth, email="dana@example.com", verified=True)
    services.subscribe(product=rod, email="dana@example.com", verified=True)
    services.subscribe(product=rod, email="erin@example.com", verified=True)
    BackInStockRequest.objects.filter(pk=notified.pk).update(state="notified")
    services.emails.back_in_stock(notified)
    message = Message.objects.get(email_type="back-in-stock")
    email = compose(message)
    headers = build_email(message, email).extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = link_in(email.text.partition("Cancel all")[2])
    assert headers["List-Unsubscribe"].endswith(f"{url}>")
    assert "Stop back-in-stock emails" in client.get(url).content.decode()
    strict = Client(enforce_csrf_checks=True)  # a mail program has no cookies
    assert "Requests cancelled" in strict.post(url).content.decode()
    states: Any = BackInStockRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["notified", "cancelled", "requested"]


def test_cancel_link_contains_no_email_and_never_expires(client: Client, moth: Product):
    # Mutation: the link contained the email address, hence every server's log did.
    stock_request = services.subscribe(product=moth, email="dana@example.com", verified=True)
    path = urlsplit(links.cancel_url(stock_request.pk)).path
    assert path.startswith(f"{URL}end/{stock_request.pk}:")
    stock_request.delete()
    assert client.post(path).status_code == 200


@pytest.mark.promise("back-in-stock")
def test_old_requests_are_deleted(moth: Product) -> None:
    now = timezone.now()
    rows = {
        "never-confirmed": {"state": "unconfirmed", "requested_at": now - timedelta(days=5)},
        "just-subscribed": {"state": "unconfirmed", "requested_at": now - timedelta(days=1)},
        "notified": {"state": "notified", "notified_at": now - timedelta(days=91)},
        "cancelled": {"state": "cancelled", "cancelled_at": now - timedelta(days=91)},
        "just-notified": {"state": "notified", "notified_at": now - timedelta(days=89)},
        "requested": {"state": "requested", "requested_at": now - timedelta(days=400)},
    }
    for name, row in rows.items():
        BackInStockRequest.objects.create(product=moth, email=f"{name}@example.com", **row)
    assert services.delete_old() == 3
    left = {row.email.partition("@")[0] for row in BackInStockRequest.objects.all()}
    assert left == {"just-subscribed", "just-notified", "requested"}
