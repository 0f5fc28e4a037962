"""Emails about a safety revision: to everyone who ordered the products, once, if confirmed."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.mail import services as mail
from accounts.mail.models import Message
from accounts.users.models import User
from catalog.manuals import notices
from catalog.manuals.models import ManualRevision
from catalog.models import Product
from checkout.order.models import Line
from microflight.core.errors import ServiceError
from tests.accounts.orders import make_order
from tests.catalog import factories
from tests.catalog.manuals.manuals import draft, published

pytestmark = pytest.mark.django_db


def order_of(product: Product, number: str, *, status: str = "placed", **who: object) -> Line:
    """Return the first line of an order, which is for this product."""
    order = make_order(number=number, **who)
    type(order).objects.filter(pk=order.pk).update(status=status)
    line = order.lines.order_by("pk")[0]
    Line.objects.filter(pk=line.pk).update(product=product)
    return line


@pytest.fixture
def mayfly() -> Product:
    return factories.with_variants("Mayfly", ["1.00", "2.00"])


def safety(*products: Product) -> ManualRevision:
    return published("Cells", *products, is_safety=True, summary="Do not charge below 0 °C.")


def emails() -> list[tuple[str, list[str]]]:
    rows = Message.objects.filter(email_type="safety-revision").order_by("recipient")
    return [(row.recipient, row.data["products"]) for row in rows]


def test_everyone_who_ordered_is_notified_once(mayfly: Product, alice: User) -> None:
    red, blue = mayfly.children.order_by("pk")
    other = factories.product("Other")
    order_of(red, "100017", user=alice)
    order_of(blue, "100025", user=alice, email="alice-at-work@example.com")
    order_of(mayfly, "100033", email="Dana@Example.com")
    order_of(blue, "100041", email="dana@example.com", status="shipped")
    order_of(other, "100058", email="erin@example.com")
    for number, status in (("100066", "pending"), ("100074", "cancelled"), ("100082", "expired")):
        order_of(blue, number, email=f"{status}@example.com", status=status)
    cancelled = order_of(red, "100090", email="finn@example.com")
    Line.objects.filter(pk=cancelled.pk).update(cancelled=1)
    revision = safety(mayfly)
    assert notices.notify(revision, expected=2) == 2
    title = "Dragonfly 3.6 g, ready to fly"
    assert emails() == [("alice@example.com", [title]), ("dana@example.com", [title])]
    revision.refresh_from_db()
    assert revision.notified_count == 2
    with pytest.raises(ServiceError, match="were already"):
        notices.notify(revision, expected=2)
    assert len(emails()) == 2


def test_other_number_than_confirmed_sends_nothing(mayfly: Product) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    revision = safety(mayfly)
    with pytest.raises(ServiceError, match="It is now 1 customer"):
        notices.notify(revision, expected=2)
    revision.refresh_from_db()
    assert (emails(), revision.notified_at) == ([], None)


def test_only_current_safety_revisions_are_announced(mayfly: Product) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    ordinary = published("Ordinary", mayfly)
    unpublished = draft("Draft", mayfly, is_safety=True, summary="x")
    superseded = safety(mayfly)
    published("Cells", mayfly)
    withdrawn = published("Old", mayfly, is_safety=True, summary="x")
    type(withdrawn.manual).objects.filter(pk=withdrawn.manual_id).update(is_withdrawn=True)
    for one in (ordinary, unpublished, superseded, withdrawn):
        with pytest.raises(ServiceError):
            notices.notify(ManualRevision.objects.get(pk=one.pk), expected=1)
    assert emails() == []


def test_next_safety_revision_is_announced_again(mayfly: Product) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    notices.notify(safety(mayfly), expected=1)
    notices.notify(safety(mayfly), expected=1)
    assert [email for email, _ in emails()] == ["dana@example.com", "dana@example.com"]


def test_staff_confirm_the_number_of_customers(staff: Client, mayfly: Product) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    revision = safety(mayfly)
    url = reverse("admin:manuals_manualrevision_action", args=[revision.pk, "notify"])
    page = staff.get(url).content.decode()
    assert "1 customer ordered these products and gets one email" in page
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    order_of(mayfly, "100025", email="erin@example.com")
    stale = staff.post(url, {"seen": "1", "once": once}).content.decode()
    assert "It is now 2 customers." in stale
    assert emails() == []
    done = staff.post(url, {"seen": "2", "once": once}, follow=True).content.decode()
    assert "2 emails queued." in done
    assert len(emails()) == 2
    assert "Notify buyers" not in done.partition("page-actions")[2].partition("</nav>")[0]


def test_email_of_a_withdrawn_manual_is_not_sent(mayfly: Product, mailoutbox: list) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    revision = safety(mayfly)
    notices.notify(revision, expected=1)
    type(revision.manual).objects.filter(pk=revision.manual_id).update(is_withdrawn=True)
    mail.deliver(Message.objects.get(email_type="safety-revision").pk)
    assert mailoutbox == []


def test_email_says_what_changed_and_links_the_manual(mayfly: Product, mailoutbox: list) -> None:
    order_of(mayfly, "100017", email="dana@example.com")
    notices.notify(safety(mayfly), expected=1)
    mail.deliver(Message.objects.get(email_type="safety-revision").pk)
    (email,) = mailoutbox
    assert email.subject == "Safety update: Cells"
    assert email.to == ["dana@example.com"]
    assert "Do not charge below 0 °C." in email.body
    assert "- Dragonfly 3.6 g, ready to fly" in email.body
    assert "/manuals/cells/1.pdf" in email.body
