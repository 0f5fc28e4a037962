"""The customer's pages with the order's link, without JavaScript."""

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
from checkout.returns.models import Return, ReturnPhoto
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.returns.helpers import approve_and_receive, request_return, ship, snapshot
from tests.stripe_double.control import Double


def url(order: Order, name: str, *more: Any) -> str:
    return reverse(f"returns:{name}", args=[order.number, status_token(order), *more])


def order_page(order: Order) -> str:
    return reverse("orders:status", args=[order.number, status_token(order)])


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def fields(order: Order, pieces: Any, reason: str = "faulty", **more: Any) -> dict[str, Any]:
    """Return the form data to return units of the first line."""
    pk = order.lines.order_by("pk")[0].pk
    return {f"quantity_{pk}": pieces, f"reason_{pk}": reason, "note": "Bent wing", **more}


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: Any) -> Any:
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
def test_unshipped_order_can_be_cancelled_from_its_page(client: Client, placed: Order):
    assert url(placed, "cancel-order") in page(client, order_page(placed))
    asks = page(client, url(placed, "cancel-order"))
    assert f"Cancel order {placed.number}?" in asks
    assert "This cannot be undone." in asks
    answer = client.post(url(placed, "cancel-order"), {"note": "Found it elsewhere"}, follow=True)
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert "This order was cancelled." in answer.content.decode()
    assert url(placed, "cancel-order") not in answer.content.decode()


def test_opening_the_cancel_page_changes_nothing(client: Client, placed: Order):
    before = snapshot(placed)
    client.get(url(placed, "cancel-order"))
    assert snapshot(placed) == before


def test_order_that_ships_meanwhile_is_not_cancelled(client: Client, placed: Order):
    client.get(url(placed, "cancel-order"))
    ship(placed)
    before = snapshot(placed)
    answer = client.post(url(placed, "cancel-order"), {"note": ""})
    assert answer.status_code == 409
    assert "Part of this order has already shipped" in answer.content.decode()
    assert snapshot(placed) == before
    assert "cannot be cancelled" in page(client, url(placed, "cancel-order"))


# --- Requesting ----------------------------------------------------------------------------------


@pytest.mark.promise("return-steps")
def test_guest_requests_and_cancels_a_return(client: Client, shipped: Order):
    assert url(shipped, "request") in page(client, order_page(shipped))
    form = page(client, url(shipped, "request"))
    assert "within 30 days after your shipment left" in form
    assert form.count("Quantity (up to ") == 2
    answer = client.post(url(shipped, "request"), fields(shipped, 2))
    assert answer["Location"] == url(shipped, "detail", 1)
    told = page(client, answer["Location"])
    for words in (f"Return R{shipped.number}-1", "2 × Butterfly", "You requested this return",
                  "Bent wing", "Faulty or does not work"):  # fmt: skip
        assert words in told
    assert f"Return R{shipped.number}-1" in page(client, order_page(shipped))
    client.post(url(shipped, "cancel-request", 1), {"note": ""})
    assert Return.objects.get().state == "cancelled"
    assert "You cancelled your request" in page(client, url(shipped, "detail", 1))


@pytest.mark.promise("return-steps")
def test_return_page_shows_every_step_of_staff(client: Client, charlie: User, shipped: Order):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (0, 1))
    wanted = services.refund_proposal(ret, delivery=False)
    services.refund(ret=ret, wanted=wanted, reason="A new one is on its way", by=charlie)
    told = page(client, url(shipped, "detail", 1))
    for words in (
        "We approved your request",
        "We received your parcel",
        "$37.00",
        "A new one is on its way",
    ):
        assert words in told
    assert charlie.email not in told
    assert url(shipped, "cancel-request", 1) not in told


def test_approved_return_shows_the_shipping_address(client: Client, charlie: User, shipped: Order):
    services.approve(ret=request_return(shipped, 1), note="", by=charlie)
    told = page(client, url(shipped, "detail", 1))
    assert "Send the items to us" in told
    assert "1101 8th Street East" in told


@pytest.mark.parametrize(
    ("pieces", "reason", "words"),
    [
        (4, "faulty", "Enter a number from 0 to 3."),
        (-1, "faulty", "Enter a number from 0 to 3."),
        ("two", "faulty", "Enter a number from 0 to 3."),
        (1, "", "Please select a reason."),
        (1, "boring", "Select a valid choice."),
        (0, "", "Please enter the quantity of each item to return."),
        ("", "", "Please enter the quantity of each item to return."),
    ],
)
def test_invalid_request_shows_the_error_at_its_field(
    client: Client, shipped: Order, pieces: Any, reason: str, words: str
):
    before = snapshot(shipped)
    answer = client.post(url(shipped, "request"), fields(shipped, pieces, reason))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "Bent wing" in page
    assert snapshot(shipped) == before
    assert page.count(" autofocus") == (1 if pieces else 0)


def test_order_after_the_return_window_shows_the_last_day_and_contact(
    client: Client, shipped: Order
):
    ShippingEvent.objects.update(date_created=timezone.now() - timedelta(days=31))
    assert url(shipped, "request") not in page(client, order_page(shipped))
    told = page(client, url(shipped, "request"))
    assert "No items in this order can be returned now." in told
    assert "The return period ended on" in told
    assert "even after the return period" in told
    before = snapshot(shipped)
    assert client.post(url(shipped, "request"), fields(shipped, 1)).status_code == 422
    assert snapshot(shipped) == before


def test_return_records_the_logged_in_account(client: Client, shipped: Order, alice: User):
    Order.objects.filter(pk=shipped.pk).update(user=alice)
    client.force_login(alice)
    assert url(shipped, "request") in page(
        client, reverse("account_orders:detail", args=[shipped.number])
    )
    client.post(url(shipped, "request"), fields(shipped, 1))
    assert Return.objects.get().requested_by == alice


# --- Other people --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cancel-order", "request", "detail", "cancel-request"])
def test_link_of_another_order_returns_404_and_changes_nothing(
    client: Client, shipped: Order, order: Any, name: str
):
    other = order()
    ret = request_return(shipped, 1)
    before = snapshot(shipped)
    more = [] if name in ("cancel-order", "request") else [ret.nth]
    forged = reverse(f"returns:{name}", args=[shipped.number, status_token(other), *more])
    strange = url(other, name, *more) if more else forged
    for address in (forged, strange):
        assert client.get(address).status_code == 404
        assert client.post(address, fields(shipped, 1)).status_code in (404, 405)
    assert snapshot(shipped) == before


def test_forms_without_csrf_token_are_rejected(shipped: Order):
    browser = Client(enforce_csrf_checks=True)
    before = snapshot(shipped)
    for name in ("cancel-order", "request"):
        assert browser.post(url(shipped, name), fields(shipped, 1)).status_code == 403
    assert snapshot(shipped) == before


def test_return_requests_are_rate_limited(client: Client, shipped: Order):
    for _ in range(20):
        client.post(url(shipped, "request"), fields(shipped, 0))
    before = snapshot(shipped)
    answer = client.post(url(shipped, "request"), fields(shipped, 1))
    assert answer.status_code == 429
    assert "Too many attempts." in answer.content.decode()
    assert snapshot(shipped) == before


# --- Photos --------------------------------------------------------------------------------------


@pytest.mark.promise("return-pictures")
def test_photos_are_served_with_the_link_and_to_staff(
    client: Client, staff: Client, shipped: Order, order: Any
):
    data = fields(shipped, 1, photos=[photo(), photo("PNG"), photo("WEBP")])
    assert client.post(url(shipped, "request"), data).status_code == 302
    rows = list(ReturnPhoto.objects.all())
    assert [(row.width, row.height) for row in rows] == [(40, 30)] * 3
    address = url(shipped, "photo", 1, rows[0].key)
    assert page(client, url(shipped, "detail", 1)).count("<img") >= 3
    answer = client.get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert "private" in answer["Cache-Control"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.getvalue())).size == (40, 30)
    for_staff = reverse("admin:returns_return_photo", args=[rows[0].key])
    assert staff.get(for_staff).status_code == 200
    stranger = Client()
    assert stranger.get(for_staff).status_code == 302
    assert stranger.get(url(order(), "photo", 1, rows[0].key)).status_code == 404
    # regression: a missing file answered 500
    rows[0].file.delete(save=False)
    assert stranger.get(address).status_code == 404


@pytest.mark.promise("return-pictures")
def test_private_files_have_no_public_url(client: Client, shipped: Order):
    client.post(url(shipped, "request"), fields(shipped, 1, photos=[photo()]))
    name = ReturnPhoto.objects.get().file.name
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>")], "cannot be read"),
        ([SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")], "cannot be"),
        ([photo("GIF")], "wing.gif cannot be read. Please use JPEG, PNG or WebP."),
        ([photo() for _ in range(7)], "Please choose at most 6 photos; you chose 7."),
        ([SimpleUploadedFile("big.jpg", b"\xff\xd8" + b"0" * 10_485_761)], "is larger than 10 MB"),
        ([photo("PNG", (8000, 7600))], "has too many pixels"),
        ([SimpleUploadedFile("empty.jpg", b"")], "is empty"),
    ],
    ids=["text", "svg", "gif", "many", "large", "pixels", "empty"],
)
def test_invalid_photos_are_rejected_and_no_return_is_created(
    client: Client, shipped: Order, files: list[Any], words: str
):
    before = snapshot(shipped)
    answer = client.post(url(shipped, "request"), fields(shipped, 1, photos=files))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert snapshot(shipped) == before
    assert not ReturnPhoto.objects.exists()
