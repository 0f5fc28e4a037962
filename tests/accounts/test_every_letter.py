"""Each kind of letter, once: it renders, ends with the postal address, and fetches nothing."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts import emails as account
from accounts.agreements import emails as agreements
from accounts.agreements.models import Announcement
from accounts.mail.letters import compose, email_of
from accounts.mail.models import Message
from accounts.mail.registry import KINDS
from accounts.newsletter import emails as newsletter
from accounts.newsletter import subscribing, topics
from accounts.newsletter.arrivals import enter
from accounts.newsletter.listfile import Person
from accounts.newsletter.models import Campaign, ImportRun, Source, Subscriber, Topic
from accounts.newsletter.writing.testing import send_test
from accounts.users.models import User
from catalog.back_in_stock import emails as back_in_stock
from catalog.back_in_stock.models import BackInStockRequest
from checkout.audit.emails import audit_breaches
from checkout.audit.models import AuditRun
from checkout.order import emails as orders
from checkout.payment.alerts import alert
from checkout.returns import emails as returns
from microflight.core.business import FACTS
from policies.models import Kind, Policy
from policies.publishing import adopt
from tests.accounts.orders import (
    accept_policy,
    give_up_piece,
    make_order,
    make_return,
    refund,
    send_parcel,
)
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def every_kind(alice: User) -> list[Message]:
    """One row of each kind that any room has registered."""
    order = make_order(user=alice)
    accept_policy(order)
    orders.order_received(order)
    orders.parcel_shipped(send_parcel(order))
    orders.pieces_cancelled(order, give_up_piece(order))
    orders.order_cancelled(order, "Sold out.")
    orders.order_refunded(refund(order, 1950))
    orders.order_link(order)
    alert(order, "Only 1.00 of 168.72 CAD was taken at Stripe.")
    ret = make_return(order)
    for tell in (
        returns.asked, returns.approved, returns.refused, returns.received, returns.closed,
    ):  # fmt: skip
        tell(ret)
    returns.cancelled_by_customer(order, "Too slow")
    audit_breaches(_breached_run())
    _back_in_stock(alice)
    _policies(alice)
    _newsletter()
    account.welcome_once(alice, alice.email)
    account.password_reset(alice, alice.email)
    new = EmailAddress.objects.create(user=alice, email="moth@example.com")
    account.verify_email(new)
    context = dict.fromkeys(["from_email", "to_email", "deleted_email"], "old@example.com")
    for kind in set(account.NOTICES.values()):
        account.account_notice(kind, to=alice.email, context=context)
    return list(Message.objects.all())


def _back_in_stock(alice: User) -> None:
    title = "Carbon Butterfly with a name that is longer than a subject"
    moth = factories.product(title, pictures=0)
    create = BackInStockRequest.objects.create
    back_in_stock.back_in_stock(create(product=moth, email=alice.email, state="notified"))
    unconfirmed = create(product=moth, email="dana@example.com", state="unconfirmed")
    back_in_stock.confirm_back_in_stock(unconfirmed)


def _newsletter() -> None:
    topics.load()
    bob = Subscriber.objects.create(email="bob@example.com", state="active")
    newsletter.leave_by_mail(bob)
    for email in ("dana@example.com", "bob@example.com"):
        subscribing.ask(email, topics=topics.USUAL, source=Source.BOX, wording="Send me letters.")
    person = Person("erin@example.com", ("sales",), "Yes.", timezone.now(), "fair", None, {})
    enter([person], run=ImportRun.objects.create(file_name="old.csv"))
    sales = Topic.objects.get(slug="sales")
    send_test(Campaign.objects.create(topic=sales, subject="Sale"), to="charlie@example.com")


def _policies(alice: User) -> None:
    policy = Policy.objects.create(
        slug="terms", title="Terms of Sale", accepted_at_registration=True,
        review_by=timezone.localdate() - timedelta(days=3),
    )  # fmt: skip
    adopt(policy, "We send what you order.")
    version = adopt(policy, "And more.", summary="Returns in 60 days.", kind=Kind.MATERIAL)
    row = Announcement(version=version, source="accounts")
    agreements.policy_changed(row, [(alice.pk, alice.email)])
    agreements.review_due(policy, 0)


def _breached_run() -> AuditRun:
    what = "12 pieces are promised, and orders hold 11."
    breach = {"check": "stock-promised", "subject": "SKU MF-1", "what": what, "todo": "Count."}
    gaps = ["Stripe could not be asked: it did not answer."]
    return AuditRun.objects.create(breach_count=21, breaches=[breach], unanswered=gaps)


def _for_each(rows: list[Message], check: Callable[[EmailMultiAlternatives, str], None]) -> None:
    for row in rows:
        letter = compose(row)
        check(email_of(row, letter), letter.html)


def test_every_kind_has_a_sample(every_kind: list[Message]) -> None:
    assert {row.kind for row in every_kind} == set(KINDS)


def test_every_letter_ends_with_who_and_where_we_are(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        assert FACTS.address_line in str(mail.body)
        assert FACTS.street in html
        assert FACTS.postcode in html

    _for_each(every_kind, check)


# Broken once: without `body` the second part of the first letter was text/html.
@pytest.mark.promise("plain-text-mail")
def test_every_letter_says_in_plain_text_what_its_layout_says(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        kinds = [part.get_content_type() for part in mail.message().walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        links = set(re.findall(r'href="(https?://[^"?]+)', html))
        assert {link for link in links if link not in str(mail.body)} == set()

    _for_each(every_kind, check)


def test_every_letter_can_be_answered(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        assert mail.from_email == "MicroFlight <sales@plantraco.com>"
        assert len(mail.reply_to) == 1

    _for_each(every_kind, check)


def test_no_letter_shows_a_template_tag_or_an_escaped_sign(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        both = f"{mail.subject}\n{mail.body}"
        assert not re.search(r"\{[{%]|&amp;|&#|None|\bTrue\b|\bFalse\b", both), both
        assert not re.search(r"\{[{%]|>None<", html)
        assert len(mail.subject) < 60

    _for_each(every_kind, check)


@pytest.mark.promise("no-trackers-in-mail")
def test_no_letter_fetches_anything_or_follows_its_reader(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        assert not re.search(r"<(img|link|script|iframe|object)\b|url\(|@import", html)

    _for_each(every_kind, check)


def test_lines_of_text_stay_within_78_characters(every_kind: list[Message]) -> None:
    def check(mail: EmailMultiAlternatives, html: str) -> None:
        for line in str(mail.body).splitlines():
            assert len(line) <= 78 or "http" in line, line

    _for_each(every_kind, check)
