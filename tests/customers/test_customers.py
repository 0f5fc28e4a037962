"""Customers in the admin: list, page, notes, merge, and the read-only login."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.apps.address.models import UserAddress

from accounts.mail.models import Message
from accounts.staff.models import StaffSession
from accounts.staff.sessions import end_sessions
from accounts.tickets.models import Ticket
from accounts.users.models import User
from catalog.external_offers.models import ExternalOffer, ExternalOfferClicks
from catalog.partner.models import StockRecord
from catalog.partner.strategy import Selector
from catalog.reviews.models import ProductReview
from catalog.search_index.models import SearchTerm
from checkout.basket.models import Basket
from checkout.basket.services import add_product
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt
from microflight.customers.models import Customer
from microflight.customers.tasks import add_customers
from tests.accounts.orders import make_order
from tests.admin_forms import fields_of
from tests.catalog import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"


@pytest.fixture
def guest_order() -> Order:
    return make_order(number="100025", email="Dana@Example.com")


def page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.pk])


def action_of(customer: Customer, name: str) -> str:
    return reverse("admin:customers_customer_action", args=[customer.pk, name])


def customer_of(user: User) -> Customer:
    add_customers()
    return Customer.objects.get(user=user)


def pay(order: Order, captured: int, refunded: int = 0) -> None:
    PaymentAttempt.objects.create(
        order=order, amount_cents=captured, captured_cents=captured, refunded_cents=refunded,
        intent_id=f"pi_{order.pk}_{captured}", expires_at=timezone.now(),
    )  # fmt: skip


def test_list_has_accounts_and_guests_once(staff: Client, alice: User, guest_order: Order) -> None:
    make_order(number="100033", email="dana@example.com")
    pay(make_order(user=alice), 16872, 1000)
    make_order(number="100041", user=alice)
    for _ in range(2):
        add_customers()
    page = staff.get(LIST).content.decode()
    rows = set(Customer.objects.values_list("user__email", "email"))
    assert rows == {("alice@example.com", ""), (None, "dana@example.com")}
    assert "$158.72" in page
    assert "charlie@example.com" not in page.partition('id="result_list"')[2]


@pytest.mark.parametrize(
    "term", ["dana@example", "DANA", "Moth", "Saskatoon", "100025", "#100025", "306 955-1836"]
)
def test_search_finds_a_guest(term: str, staff: Client, alice: User, guest_order: Order) -> None:
    guest_order.shipping_address.phone_number = "+13069551836"
    guest_order.shipping_address.save()
    add_customers()
    shown = staff.get(LIST, {"q": term}).context["cl"].result_list
    assert [str(each) for each in shown] == ["dana@example.com"]


@pytest.mark.parametrize("term", ["\x00", "(((", "9" * 10_000, "٣٠٦", "%", "x" * 5000])
def test_search_for_anything_answers(term: str, staff: Client, guest_order: Order) -> None:
    assert staff.get(LIST, {"q": term}).status_code in (200, 302)


def test_list_takes_at_most_12_statements(staff: Client, alice: User, guest_order: Order) -> None:
    make_order(user=alice)
    add_customers()
    staff.get(LIST)
    with CaptureQueriesContext(connection) as asked:
        staff.get(LIST, {"q": "Moth"})
    assert len(asked) <= 12


def test_page_shows_everything_about_a_guest(staff: Client, guest_order: Order) -> None:
    Ticket.objects.create(
        email="dana@example.com", subject="Cells", event_id="1", last_email_at=timezone.now()
    )
    Message.objects.create(
        email_type="order-received", subject_id="order:1", recipient="Dana@Example.com",
        subject="Order 100025 confirmed", next_try_at=timezone.now(),
    )  # fmt: skip
    add_customers()
    dana = Customer.objects.get(email="dana@example.com")
    staff.post(action_of(dana, "note"), {"text": "Flies indoors."})
    staff.post(action_of(dana, "tags"), {"tags": "VIP, club"})
    page = staff.get(page_of(dana)).content.decode()
    for text in ("100025", "Cells", "Order 100025 confirmed", "12 Elevator Rd", "none: a guest",
                 "Flies indoors.", "charlie", "vip", "club"):  # fmt: skip
        assert text in page, text
    assert "Log in as customer" not in page


def test_guest_becomes_the_account_that_verifies_the_address(
    staff: Client, guest_order: Order
) -> None:
    add_customers()
    Customer.objects.get().notes.create(text="Flies indoors.")
    dana = User.objects.create_user("dana@example.com")
    dana.emailaddress_set.create(email=dana.email, verified=True, primary=True)
    add_customers()
    kept = Customer.objects.get()
    assert (kept.user, kept.notes.get().text) == (dana, "Flies indoors.")
    assert [each.number for each in kept.orders()] == ["100025"]


def test_password_reset_is_sent_with_its_reason(staff: Client, alice: User) -> None:
    url = action_of(customer_of(alice), "password-reset")
    staff.post(url)
    assert not Message.objects.exists()
    staff.post(url, {"reason": "Lost phone"})
    assert Message.objects.get(email_type="password-reset").recipient == "alice@example.com"
    assert "Reason: Lost phone" in LogEntry.objects.latest("pk").change_message


def test_customer_who_became_staff_has_no_page(
    client: Client, with_role: Callable[..., User], alice: User
) -> None:
    # Mutation: pages and actions found what the list leaves out
    customer = customer_of(alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(with_role("Support"))
    assert client.get(page_of(customer)).status_code == 404
    for name, data in (("note", {"text": "x"}), ("password-reset", {"reason": "x"})):
        url = action_of(customer, name)
        assert (client.get(url).status_code, client.post(url, data).status_code) == (404, 404)
    assert not customer.notes.exists()
    assert not Message.objects.exists()


def merge_data(page: str, **changes: Any) -> dict[str, Any]:
    return {**fields_of(page), **changes}


def test_merge_moves_everything_after_a_preview(staff: Client, alice: User, bob: User) -> None:
    order, own = make_order(user=alice), make_order(number="100025", user=bob)
    moth, both = factories.product("Moth", pictures=0), factories.product("Kit", pictures=0)
    for product, user in ((moth, alice), (both, alice), (both, bob)):
        ProductReview.objects.create(product=product, user=user, score=5, title="x", body="y")
    UserAddress.objects.create(user=alice, line1="1 Elm", country_id="CA", postcode="S7H 0S3")
    source = customer_of(alice)
    source.notes.create(text="Called.")
    Customer.objects.filter(pk=source.pk).update(tags=",club,")
    path = action_of(source, "merge")
    data = {"email": "bob@example.com", "reason": "Wrote from both"}
    page = staff.post(path, data).content.decode()
    assert "orders: 1" in page.lower()
    assert "This can’t be undone." in page
    assert Order.objects.get(pk=order.pk).user == alice  # nothing moved yet
    answer = staff.post(path, merge_data(page))
    kept = Customer.objects.get(user=bob)
    assert answer["Location"] == page_of(kept)
    assert {each.pk for each in kept.orders()} == {order.pk, own.pk}
    assert UserAddress.objects.get().user == bob
    assert ProductReview.objects.get(product=moth).user == bob
    assert ProductReview.objects.filter(product=both).count() == 2  # one each stays
    assert (kept.notes.get().text, kept.tags) == ("Called.", ",club,")
    alice.refresh_from_db()
    assert not alice.is_active
    entry = LogEntry.objects.filter(change_message__startswith="Merged alice@example.com").get()
    assert "Reason: Wrote from both" in entry.change_message


def test_guest_is_merged_into_an_account(staff: Client, bob: User, guest_order: Order) -> None:
    add_customers()
    dana = Customer.objects.get(email="dana@example.com")
    path, data = action_of(dana, "merge"), {"email": "bob@example.com", "reason": "By phone"}
    staff.post(path, merge_data(staff.post(path, data).content.decode()))
    guest_order.refresh_from_db()
    assert (guest_order.user, guest_order.account_email_key) == (bob, "bob@example.com")
    assert not Customer.objects.filter(email="dana@example.com").exists()


@pytest.mark.parametrize("case", ["unverified", "itself", "closed", "staff", "unknown"])
def test_merge_into_the_wrong_account_is_rejected(
    case: str, staff: Client, alice: User, bob: User
) -> None:
    make_order(user=alice)
    email = {"itself": alice.email, "staff": "charlie@example.com", "unknown": "x@example.com"}
    if case == "unverified":
        bob.emailaddress_set.update(verified=False)
    elif case == "closed":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    path = action_of(customer_of(alice), "merge")
    data = {"email": email.get(case, bob.email), "reason": "x"}
    page = staff.post(path, data).content.decode()
    page = staff.post(path, merge_data(page)).content.decode()
    assert "Nothing was changed." in page
    alice.refresh_from_db()
    assert alice.is_active
    assert Order.objects.get().user == alice


# --- Read-only login ---


def log_in_as(client: Client, user: User, reason: str = "Ticket T100") -> Any:
    data = {"reason": reason, "user_pk": user.pk}
    return client.post(action_of(customer_of(user), "log-in"), data)


def test_staff_see_the_shop_as_the_customer_and_change_nothing(
    staff: Client, alice: User, charlie: User
) -> None:
    # Mutation: without the middleware, the new name was saved.
    own = Basket.objects.create()
    own_cart = own.pk
    order, last_login = make_order(user=alice), alice.last_login
    answer = log_in_as(staff, alice)
    assert answer["Location"] == reverse("customer:summary")
    page = staff.get("/account/orders/").content.decode()
    assert order.number in page
    assert "You see the shop as alice@example.com." in page
    profile = reverse("customer:profile")
    for method in ("post", "put", "patch", "delete"):
        response = getattr(staff, method)(profile, {"first_name": "Mallory"})
        assert response.status_code == 403
    assert "Nothing was changed." in staff.post(profile, {"first_name": "M"}).content.decode()
    for path in ("/checkout/", "/account/2fa/", "/account/2fa/recovery-codes/"):
        assert staff.get(path).status_code == 403
    assert staff.get("/admin/").status_code == 302
    alice.refresh_from_db()
    assert (alice.first_name, alice.last_login) == ("alice", last_login)
    assert Basket.objects.get(pk=own_cart).owner is None
    first = LogEntry.objects.latest("pk")
    assert (first.user, first.change_message) == (
        charlie, "Logged in as this customer, read-only. Reason: Ticket T100",
    )  # fmt: skip
    staff.post("/hijack/release/", {"next": LIST})
    assert staff.get(LIST).status_code == 200
    assert LogEntry.objects.latest("pk").change_message == "Ended the login as this customer."


def test_pages_that_count_or_update_write_nothing(staff: Client, alice: User) -> None:
    # Mutation: without the rollback, the total, the search and the click were stored.
    product = factories.product("Moth", pictures=0)
    basket = Basket(owner=alice)
    basket.strategy = Selector().strategy()
    add_product(basket=basket, product_id=product.pk, quantity=1, user=alice)
    StockRecord.objects.update(price="99.00")
    offer = ExternalOffer.objects.create(product=product, seller="S", url="https://shop.example/")
    total = Basket.objects.get(owner=alice).total
    log_in_as(staff, alice)
    for path, status in (
        ("/cart/", 200), ("/search/?q=moth", 200), (f"/external-offers/{offer.pk}/", 302),
        (product.get_absolute_url(), 200), ("/account/", 200), ("/account/orders/", 200),
    ):  # fmt: skip
        assert staff.get(path).status_code == status, path
    assert "$99.00" in staff.get("/cart/").content.decode()
    assert Basket.objects.get(owner=alice).total == total
    assert not SearchTerm.objects.exists()
    assert not ExternalOfferClicks.objects.exists()
    staff.post("/hijack/release/", {"next": LIST})
    staff.get("/search/?q=propeller")
    assert SearchTerm.objects.get().term == "propeller"


def test_login_ends_after_30_minutes(staff: Client, alice: User) -> None:
    log_in_as(staff, alice)
    with time_machine.travel(timezone.now() + timedelta(minutes=29, seconds=50)):
        assert staff.get("/account/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=30, seconds=5)):
        assert staff.get("/account/")["Location"] == "/admin/"
        assert staff.get("/account/").status_code == 302  # logged out
    assert LogEntry.objects.latest("pk").change_message == "Ended the login as this customer."


def test_login_ends_with_the_permission(
    with_role: Callable[..., User], alice: User, client: Client
) -> None:
    support = with_role("Support")
    client.force_login(support)
    log_in_as(client, alice)
    assert client.get("/account/").status_code == 200
    support.groups.clear()
    assert client.get("/account/")["Location"] == "/admin/"


def test_session_of_the_login_is_ended_with_the_others(staff: Client, alice: User) -> None:
    log_in_as(staff, alice)
    assert StaffSession.objects.get().user.email == "charlie@example.com"
    end_sessions(StaffSession.objects.all())
    assert staff.get("/account/").status_code == 302


@pytest.mark.parametrize("case", ["staff", "role", "closed", "other", "no reason"])
def test_login_is_rejected(case: str, staff: Client, alice: User, bob: User) -> None:
    target = customer_of(alice)
    data = {"reason": "Ticket", "user_pk": alice.pk}
    if case == "staff":
        User.objects.filter(pk=alice.pk).update(is_staff=True)
    elif case == "role":
        alice.groups.add(Group.objects.get(name="Packing"))
    elif case == "closed":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif case == "other":
        data["user_pk"] = bob.pk
    else:
        data["reason"] = " "
    staff.post(action_of(target, "log-in"), data)
    assert staff.session["_auth_user_id"] == str(User.objects.get(is_superuser=True).pk)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("name", ["Packing", "Catalogue", "Content", "Read-only"])
def test_login_needs_its_permission(name: str, with_role: Callable[..., User], alice: User) -> None:
    client = Client()
    client.force_login(with_role(name))
    assert log_in_as(client, alice).status_code == 403
    assert client.post("/hijack/acquire/", {"user_pk": alice.pk}).status_code == 404
    assert client.post("/hijack/release/").status_code == 403
