"""Cancelling and returning by the order's link, as a browser without JavaScript does it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.users.models import User
from checkout.order.links import status_token
from checkout.order.models import Order, ShippingEvent
from checkout.returns import services
from checkout.returns.models import Return, ReturnPicture
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.returns.conftest import asked, came, send
from tests.checkout.returns.test_services import everything
from tests.stripe_double.control import Double


def url(order: Order, name: str, *more: Any) -> str:
    return reverse(f"returns:{name}", args=[order.number, status_token(order), *more])


def order_page(order: Order) -> str:
    return reverse("orders:status", args=[order.number, status_token(order)])


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def fields(order: Order, pieces: Any, reason: str = "faulty", **more: Any) -> dict[str, Any]:
    """What the browser sends to return pieces of the first line."""
    pk = order.lines.order_by("pk")[0].pk
    return {f"pieces_{pk}": pieces, f"reason_{pk}": reason, "why": "Bent wing", **more}


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: Any) -> Any:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **more)
    return SimpleUploadedFile(f"wing.{kind.lower()}", file.getvalue())


@pytest.fixture
def placed(order: Any, product: Any, stripe_double: Double) -> Order:
    """Paid, not shipped."""
    made = order(product())
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


# --- Cancelling ----------------------------------------------------------------------------------


@pytest.mark.promise("cancel-until-it-leaves")
def test_an_order_that_has_not_left_can_be_cancelled_from_its_page(client: Client, placed: Order):
    assert url(placed, "cancel") in page(client, order_page(placed))
    asks = page(client, url(placed, "cancel"))
    assert f"Cancel order {placed.number}?" in asks
    assert "This cannot be undone." in asks
    answer = client.post(url(placed, "cancel"), {"why": "Found it elsewhere"}, follow=True)
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert "This order was cancelled." in answer.content.decode()
    assert url(placed, "cancel") not in answer.content.decode()


def test_looking_at_the_question_cancels_nothing(client: Client, placed: Order):
    before = everything(placed)
    client.get(url(placed, "cancel"))
    assert everything(placed) == before


def test_a_parcel_that_leaves_while_the_question_is_open_is_told(client: Client, placed: Order):
    client.get(url(placed, "cancel"))
    send(placed)
    before = everything(placed)
    answer = client.post(url(placed, "cancel"), {"why": ""})
    assert answer.status_code == 409
    assert "A parcel of this order has left" in answer.content.decode()
    assert everything(placed) == before
    assert "cannot be cancelled" in page(client, url(placed, "cancel"))


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.promise("return-steps")
def test_a_guest_asks_follows_and_withdraws(client: Client, shipped: Order):
    assert url(shipped, "ask") in page(client, order_page(shipped))
    form = page(client, url(shipped, "ask"))
    assert "until 30 days after a parcel left us" in form
    assert form.count("Pieces, at most") == 2
    answer = client.post(url(shipped, "ask"), fields(shipped, 2))
    assert answer["Location"] == url(shipped, "page", 1)
    told = page(client, answer["Location"])
    for words in (f"Return R{shipped.number}-1", "2 × Butterfly", "You asked for this return",
                  "Bent wing", "It does not work"):  # fmt: skip
        assert words in told
    assert f"Return R{shipped.number}-1" in page(client, order_page(shipped))
    client.post(url(shipped, "withdraw", 1), {"why": ""})
    assert Return.objects.get().state == "withdrawn"
    assert "You withdrew it" in page(client, url(shipped, "page", 1))


@pytest.mark.promise("return-steps")
def test_each_step_of_staff_is_on_the_returns_page(client: Client, charlie: User, shipped: Order):
    ret = came(asked(shipped, 1), charlie, (0, 1))
    wanted = services.proposal(ret, delivery=False)
    services.refund(ret=ret, wanted=wanted, reason="A new one is on its way", by=charlie)
    told = page(client, url(shipped, "page", 1))
    for words in ("We approved it", "Your parcel came", "$37.00", "A new one is on its way"):
        assert words in told
    assert charlie.email not in told
    assert url(shipped, "withdraw", 1) not in told


def test_an_approved_return_says_where_to_send_it(client: Client, charlie: User, shipped: Order):
    services.approve(ret=asked(shipped, 1), why="", by=charlie)
    told = page(client, url(shipped, "page", 1))
    assert "Please send it to us" in told
    assert "1101 8th Street East" in told


@pytest.mark.parametrize(
    ("pieces", "reason", "words"),
    [
        (4, "faulty", "Enter a number from 0 to 3."),
        (-1, "faulty", "Enter a number from 0 to 3."),
        ("two", "faulty", "Enter a number from 0 to 3."),
        (1, "", "Please choose a reason."),
        (1, "boring", "Select a valid choice."),
        (0, "", "Please say how many pieces of what you want to send back."),
        ("", "", "Please say how many pieces of what you want to send back."),
    ],
)
def test_what_cannot_come_back_is_said_beside_its_field(
    client: Client, shipped: Order, pieces: Any, reason: str, words: str
):
    before = everything(shipped)
    answer = client.post(url(shipped, "ask"), fields(shipped, pieces, reason))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "Bent wing" in page
    assert everything(shipped) == before
    assert page.count(" autofocus") == (1 if pieces else 0)


def test_an_order_too_old_says_until_when_and_what_to_do(client: Client, shipped: Order):
    ShippingEvent.objects.update(date_created=timezone.now() - timedelta(days=31))
    assert url(shipped, "ask") not in page(client, order_page(shipped))
    told = page(client, url(shipped, "ask"))
    assert "Nothing of this order can be returned now." in told
    assert "It could be returned until" in told
    assert "a fault is not a question of days" in told
    before = everything(shipped)
    assert client.post(url(shipped, "ask"), fields(shipped, 1)).status_code == 422
    assert everything(shipped) == before


def test_an_account_is_named_as_the_one_who_asked(client: Client, shipped: Order, alice: User):
    Order.objects.filter(pk=shipped.pk).update(user=alice)
    client.force_login(alice)
    assert url(shipped, "ask") in page(
        client, reverse("account_orders:detail", args=[shipped.number])
    )
    client.post(url(shipped, "ask"), fields(shipped, 1))
    assert Return.objects.get().asked_by == alice


# --- Somebody else -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cancel", "ask", "page", "withdraw"])
def test_the_link_of_another_order_opens_and_changes_nothing(
    client: Client, shipped: Order, order: Any, name: str
):
    other = order()
    ret = asked(shipped, 1)
    before = everything(shipped)
    more = [] if name in ("cancel", "ask") else [ret.nth]
    forged = reverse(f"returns:{name}", args=[shipped.number, status_token(other), *more])
    strange = url(other, name, *more) if more else forged
    for address in (forged, strange):
        assert client.get(address).status_code == 404
        assert client.post(address, fields(shipped, 1)).status_code in (404, 405)
    assert everything(shipped) == before


def test_a_form_without_the_pages_own_token_is_refused(shipped: Order):
    browser = Client(enforce_csrf_checks=True)
    before = everything(shipped)
    for name in ("cancel", "ask"):
        assert browser.post(url(shipped, name), fields(shipped, 1)).status_code == 403
    assert everything(shipped) == before


def test_asking_is_limited(client: Client, shipped: Order):
    for _ in range(20):
        client.post(url(shipped, "ask"), fields(shipped, 0))
    before = everything(shipped)
    answer = client.post(url(shipped, "ask"), fields(shipped, 1))
    assert answer.status_code == 429
    assert "Too many tries for now." in answer.content.decode()
    assert everything(shipped) == before


# --- Pictures ------------------------------------------------------------------------------------


@pytest.mark.promise("return-pictures")
def test_pictures_are_shown_to_whoever_has_the_link_and_to_staff(
    client: Client, staff: Client, shipped: Order, order: Any
):
    data = fields(shipped, 1, pictures=[picture(), picture("PNG"), picture("WEBP")])
    assert client.post(url(shipped, "ask"), data).status_code == 302
    rows = list(ReturnPicture.objects.all())
    assert [(row.width, row.height) for row in rows] == [(40, 30)] * 3
    address = url(shipped, "picture", 1, rows[0].key)
    assert page(client, url(shipped, "page", 1)).count("<img") >= 3
    answer = client.get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert "private" in answer["Cache-Control"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.getvalue())).size == (40, 30)
    for_staff = reverse("admin:returns_return_picture", args=[rows[0].key])
    assert staff.get(for_staff).status_code == 200
    stranger = Client()
    assert stranger.get(for_staff).status_code == 302
    assert stranger.get(url(order(), "picture", 1, rows[0].key)).status_code == 404
    # Broken once: without the look for the file, a page that lost it was a 500.
    rows[0].file.delete(save=False)
    assert stranger.get(address).status_code == 404


@pytest.mark.promise("return-pictures")
def test_no_address_leads_into_the_private_files(client: Client, shipped: Order):
    client.post(url(shipped, "ask"), fields(shipped, 1, pictures=[picture()]))
    name = ReturnPicture.objects.get().file.name
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>")], "cannot be read as a pict"),
        ([SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")], "cannot be"),
        ([picture("GIF")], "wing.gif cannot be read as a picture. JPEG, PNG and WebP work."),
        ([picture() for _ in range(7)], "6 pictures are enough: you chose 7."),
        ([SimpleUploadedFile("big.jpg", b"\xff\xd8" + b"0" * 10_485_761)], "is larger than 10 MB"),
        ([picture("PNG", (8000, 7600))], "has too many pixels"),
        ([SimpleUploadedFile("empty.jpg", b"")], "is empty"),
    ],
    ids=["text", "svg", "gif", "many", "large", "pixels", "empty"],
)
def test_what_is_no_fair_picture_is_refused_and_nothing_is_asked(
    client: Client, shipped: Order, files: list[Any], words: str
):
    before = everything(shipped)
    answer = client.post(url(shipped, "ask"), fields(shipped, 1, pictures=files))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert everything(shipped) == before
    assert not ReturnPicture.objects.exists()
