"""Asking to be told: on the product's page, with and without an account."""

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

from accounts.mail.letters import compose, email_of
from accounts.mail.models import Message
from accounts.users.models import User
from catalog.models import Product
from catalog.waiting import links, services
from catalog.waiting.models import Asking
from tests.catalog import shelf

pytestmark = pytest.mark.django_db

ASK = "/back-in-stock/"
SENT = "Please look into your mail"


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def moth(db: None) -> Product:
    """Sold out."""
    return shelf.product("Moth", stock=0, pictures=0)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """Alice's browser; her address is proved."""
    EmailAddress.objects.get_or_create(
        user=alice, email=alice.email, defaults={"verified": True, "primary": True}
    )
    EmailAddress.objects.filter(user=alice).update(verified=True)
    client.force_login(alice)
    return client


def asked() -> list[tuple[str, str]]:
    return list(Asking.objects.values_list("email", "state"))


def ask(client: Client, product: Product, email: str = "dana@example.com") -> str:
    answer = client.post(ASK, {"product": product.pk, "email": email}, follow=True)
    return answer.content.decode()


def letter_to(email: str, kind: str) -> str:
    return str(compose(Message.objects.filter(recipient=email, kind=kind).latest("pk")).text)


def link_in(text: str) -> str:
    return re.search(r"https?://[^/]+(/back-in-stock/\S+)", text)[1]  # type: ignore[index]


def test_a_product_that_is_sold_out_offers_a_letter(client: Client, moth: Product) -> None:
    page = client.get(moth.get_absolute_url()).content.decode()
    assert f'<input type="hidden" name="product" value="{moth.pk}">' in page
    assert 'name="email"' in page
    assert "Mail me when it is back" in page


def test_a_product_that_can_be_had_does_not(client: Client) -> None:
    page = client.get(shelf.product("Rod", pictures=0).get_absolute_url()).content.decode()
    assert "Mail me" not in page


def test_of_versions_only_those_sold_out_are_offered(client: Client) -> None:
    parent = shelf.with_variants("Motor", ["12.00"], pictures=0)
    gone = shelf.product("Motor, left-hand", price="9.00", stock=0, parent=parent, pictures=0)
    page = client.get(parent.get_absolute_url()).content.decode()
    assert re.findall(r'<option value="(\d+)">([^<]+)</option>', page) == [
        (str(gone.pk), "Left-hand")
    ]
    assert "Add to cart" in page


def test_a_guest_proves_the_address_first(client: Client, moth: Product) -> None:
    assert SENT in ask(client, moth, "Dana@Example.com")
    assert asked() == [("dana@example.com", "unconfirmed")]
    url = link_in(letter_to("dana@example.com", "confirm-asking"))
    page = client.get(url).content.decode()
    assert "Is this your address?" in page
    assert moth.get_title() in page
    assert asked() == [("dana@example.com", "unconfirmed")]  # scanners open links
    for _ in range(2):
        assert "You will hear from us" in client.post(url).content.decode()
        assert asked() == [("dana@example.com", "waiting")]


def test_the_answer_is_the_same_for_known_and_unknown_addresses(
    client: Client, moth: Product, alice: User
) -> None:
    answers = [ask(client, moth, "dana@example.com"), ask(client, moth, alice.email)]
    services.confirm(Asking.objects.get(email="dana@example.com").pk)
    letters = Message.objects.count()
    answers.append(ask(client, moth, "dana@example.com"))
    plain = {re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", one) for one in answers}
    assert len(plain) == 1
    assert Message.objects.count() == letters  # who waits already is not written to
    assert Asking.objects.count() == 2


def test_the_link_expires_after_two_days_and_notes_nothing(client: Client, moth: Product) -> None:
    ask(client, moth)
    url = link_in(letter_to("dana@example.com", "confirm-asking"))
    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        answer = client.post(url)
    assert answer.status_code == 410
    assert "This link has expired" in answer.content.decode()
    assert asked() == [("dana@example.com", "unconfirmed")]


@pytest.mark.parametrize("token", ["1:x:y", "nonsense", "1"])
@pytest.mark.parametrize("step", ["confirm", "end"])
def test_a_forged_link_is_not_found(step: str, token: str, client: Client, moth: Product) -> None:
    services.ask(product=moth, email="dana@example.com", proved=True)
    assert client.post(f"{ASK}{step}/{token}/").status_code == 404
    assert asked() == [("dana@example.com", "waiting")]


def test_a_link_for_one_thing_does_not_do_the_other(client: Client, moth: Product) -> None:
    asking = services.ask(product=moth, email="dana@example.com", proved=False)
    token = links.prove_url(asking.pk).rstrip("/").rpartition("/")[2]
    assert client.post(f"{ASK}end/{token}/").status_code == 404
    assert asked() == [("dana@example.com", "unconfirmed")]


def test_an_account_uses_its_own_address(alices: Client, alice: User, moth: Product) -> None:
    page = alices.get(moth.get_absolute_url()).content.decode()
    assert f"To {alice.email}, the address of your account." in page
    assert 'name="email"' not in page
    said = ask(alices, moth, "somebody.else@example.com")
    assert f"We will write to {alice.email} when it is back." in said
    assert asked() == [(alice.email, "waiting")]
    assert not Message.objects.exists()


def test_asking_twice_is_asking_once(alices: Client, alice: User, moth: Product) -> None:
    for _ in range(2):
        ask(alices, moth)
    assert asked() == [(alice.email, "waiting")]


@pytest.mark.parametrize("email", ["", "dana", "dana@", "a" * 260 + "@example.com"])
def test_a_wrong_address_is_asked_again(email: str, client: Client, moth: Product) -> None:
    answer = client.post(ASK, {"product": moth.pk, "email": email})
    assert answer.status_code == 422
    assert "Tell me when it is back" in answer.content.decode()
    assert not Asking.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("product", ["", "x", "0", "99999999999999999999", "-1"])
def test_a_product_that_is_not_there_is_not_found(product: str, client: Client) -> None:
    data = {"product": product, "email": "dana@example.com"}
    assert client.post(ASK, data).status_code == 404
    assert client.get(ASK, {"product": product}).status_code == 404
    assert not Asking.objects.exists()


def test_a_hidden_product_cannot_be_asked_for(client: Client, moth: Product) -> None:
    Product.objects.update(is_public=False)
    data = {"product": moth.pk, "email": "dana@example.com"}
    assert client.post(ASK, data).status_code == 404
    assert not Asking.objects.exists()


def test_one_place_may_ask_twenty_times_an_hour(client: Client, moth: Product) -> None:
    for number in range(20):
        assert SENT in ask(client, moth, f"dana{number}@example.com")
    answer = client.post(ASK, {"product": moth.pk, "email": "dana20@example.com"})
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert Asking.objects.count() == 20


def test_one_address_gets_five_letters_a_day_and_the_answer_stays_the_same(
    client: Client, moth: Product
) -> None:
    for _ in range(7):
        assert SENT in ask(client, moth)
    assert Message.objects.filter(kind="confirm-asking").count() == 5


def test_the_account_lists_its_wishes_and_ends_them(
    alices: Client, alice: User, bob: User, moth: Product
) -> None:
    mine = services.ask(product=moth, email=alice.email, user=alice, proved=True)
    bobs = services.ask(product=moth, email=bob.email, user=bob, proved=True)
    page = alices.get("/account/back-in-stock/").content.decode()
    assert page.count("asked on") == 1
    assert alices.post(f"/account/back-in-stock/{bobs.pk}/end/").status_code == 404
    assert alices.post(f"/account/back-in-stock/{mine.pk}/end/").status_code == 302
    assert dict(asked()) == {alice.email: "ended", bob.email: "waiting"}
    assert "You wait for nothing" in alices.get("/account/back-in-stock/").content.decode()


def test_the_list_asks_for_a_log_in(client: Client) -> None:
    assert client.get("/account/back-in-stock/").status_code == 302


def test_the_letter_ends_all_that_the_address_waits_for(client: Client, moth: Product) -> None:
    rod = shelf.product("Rod", stock=0, pictures=0)
    told = services.ask(product=moth, email="dana@example.com", proved=True)
    services.ask(product=rod, email="dana@example.com", proved=True)
    services.ask(product=rod, email="erin@example.com", proved=True)
    Asking.objects.filter(pk=told.pk).update(state="told")
    services.emails.back_in_stock(told)
    message = Message.objects.get(kind="back-in-stock")
    letter = compose(message)
    headers = email_of(message, letter).extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = link_in(letter.text.partition("To end everything")[2])
    assert headers["List-Unsubscribe"].endswith(f"{url}>")
    assert "No more such mails?" in client.get(url).content.decode()
    strict = Client(enforce_csrf_checks=True)  # a mail program has no cookies
    assert "That was it" in strict.post(url).content.decode()
    states: Any = Asking.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["told", "ended", "waiting"]


def test_the_link_that_ends_names_a_row_and_no_address_and_stays_good(
    client: Client, moth: Product
):
    # Broken once: the address stood in the link, hence in every server's log.
    asking = services.ask(product=moth, email="dana@example.com", proved=True)
    path = urlsplit(links.end_url(asking.pk)).path
    assert path.startswith(f"{ASK}end/{asking.pk}:")
    asking.delete()
    assert client.post(path).status_code == 200


@pytest.mark.promise("back-in-stock")
def test_what_is_long_over_is_forgotten(moth: Product) -> None:
    now = timezone.now()
    rows = {
        "never-proved": {"state": "unconfirmed", "asked_at": now - timedelta(days=5)},
        "just-asked": {"state": "unconfirmed", "asked_at": now - timedelta(days=1)},
        "told": {"state": "told", "told_at": now - timedelta(days=91)},
        "ended": {"state": "ended", "ended_at": now - timedelta(days=91)},
        "just-told": {"state": "told", "told_at": now - timedelta(days=89)},
        "waits": {"state": "waiting", "asked_at": now - timedelta(days=400)},
    }
    for name, row in rows.items():
        Asking.objects.create(product=moth, email=f"{name}@example.com", **row)
    assert services.tidy() == 3
    left = {one.email.partition("@")[0] for one in Asking.objects.all()}
    assert left == {"just-asked", "just-told", "waits"}
