"""A mail server on loopback, the broker's queue, and outbox rows of every email type."""

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import emails as account
from accounts.agreements import emails as agreements
from accounts.agreements.models import Announcement
from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.newsletter.campaigns.preview import send_test
from accounts.newsletter.models import Campaign, ImportRun, Source, Subscriber, Topic
from accounts.newsletter.subscribers import emails as newsletter
from accounts.newsletter.subscribers import subscriptions, topics
from accounts.newsletter.subscribers.csv_import import Person
from accounts.newsletter.subscribers.imports import create_subscribers
from accounts.staff import invitations
from accounts.tickets import emails as tickets
from accounts.tickets.models import Ticket
from accounts.users.models import User
from catalog.back_in_stock import emails as back_in_stock
from catalog.back_in_stock.models import BackInStockRequest
from catalog.manuals import emails as manuals
from catalog.reviews import services as questions
from catalog.saved_searches import emails as saved_searches
from catalog.saved_searches.models import SavedSearch
from checkout.audit.emails import audit_breaches
from checkout.audit.models import AuditRun
from checkout.deadlines import emails as deadlines
from checkout.offline import emails as offline
from checkout.order import emails as orders
from checkout.order.models import Order
from checkout.order_edits import emails as order_edits
from checkout.returns import emails as returns
from checkout.settlement.alerts import alert
from checkout.withdrawal import emails as withdrawal
from microflight.celery import app
from policies.models import ChangeType, Policy
from policies.workflow import adopt
from tests.accounts.orders import (
    accept_policy,
    make_order,
    make_return,
    make_withdrawal,
    record_cancellation,
    record_shipment,
    refund,
)
from tests.catalog import factories
from tests.catalog.manuals.manuals import published


class Postbox:
    """Emails that an SMTP server received; set `answer` to an error code to reject them."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answer = "250 taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    @property
    def emails(self) -> list[EmailMessage]:
        """The received emails, parsed, in order."""
        found: Any = [message_from_bytes(e.content, policy=policy.default) for e in self.envelopes]
        return found


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A running mail server that receives the shop's email."""
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
    yield box
    server.stop()


@pytest.fixture
def welcome(alice: User) -> Message:
    """A queued row: Alice's welcome email."""
    return outbox.add(
        "welcome", subject_id=f"user:{alice.pk}", to=alice.email, data={"user": alice.pk}
    )


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tests' Valkey, emptied; returns the queue as (row, priority)."""
    monkeypatch.setattr(outbox, "_broker_down_until", 0.0)
    with app.connection_for_write() as connection:
        channel = connection.default_channel

        def queued() -> list[tuple[int, int]]:
            rows = []
            while task := channel.basic_get("celery", no_ack=True):
                rows.append((task.decode()[0][0], task.properties["priority"]))
            return rows

        channel.queue_declare("celery", durable=True)
        queued()
        yield queued


@pytest.fixture
def every_email(alice: User) -> list[Message]:
    """One outbox row of each registered email type."""
    order = make_order(user=alice)
    accept_policy(order)
    orders.order_confirmed(order)
    orders.shipment_sent(record_shipment(order))
    orders.items_cancelled(order, record_cancellation(order))
    orders.order_cancelled(order, "Sold out.")
    orders.order_refunded(refund(order, 1950))
    orders.order_link(order)
    offline.quote_sent(_quote())
    orders.hold_released(order)
    order_edits.address_changed(order, order.total_incl_tax)
    alert(order, "Only 1.00 of 168.72 CAD was captured at Stripe.")
    _ticket()
    ret = make_return(order)
    for send in (
        returns.requested,
        returns.approved,
        returns.declined,
        returns.received,
        returns.closed,
    ):
        send(ret)
    returns.cancelled_by_customer(order, "Too slow")
    withdrawal.declared(make_withdrawal(order))
    days = {"promised_on": date(2026, 12, 4), "new_date": date(2026, 12, 18)}
    deadlines.delayed(order.delay_notices.create(nth=1, **days))
    audit_breaches(_breached_run())
    _back_in_stock(alice)
    _safety_revision()
    _saved_search(alice)
    _policies(alice)
    _newsletter()
    _invitation()
    account.welcome_once(alice, alice.email)
    account.password_reset(alice, alice.email)
    new = EmailAddress.objects.create(user=alice, email="moth@example.com")
    account.verify_email(new)
    context = dict.fromkeys(["from_email", "to_email", "deleted_email"], "old@example.com")
    for email_type in set(account.NOTICES.values()):
        account.account_notice(email_type, to=alice.email, context=context)
    return list(Message.objects.all())


def _invitation() -> None:
    owner = User.objects.create_superuser("owner@example.com", "x", first_name="Robin")
    roles = list(Group.objects.filter(name="Packing"))
    invitations.invite(email="erin@example.com", roles=roles, by=owner)


def _ticket() -> None:
    ticket = Ticket.objects.create(
        email="dana@example.com", subject="Cells", event_id="1", last_email_at=timezone.now()
    )
    tickets.ticket_received(ticket)
    tickets.ticket_reply(ticket, "They fit.")


def _quote() -> Order:
    order = make_order(number="100025", email="dana@example.com")
    Order.objects.filter(pk=order.pk).update(
        status="pending", channel="phone", valid_until=date(2026, 12, 4)
    )
    return order


def _back_in_stock(alice: User) -> None:
    title = "Carbon Butterfly with a name that is longer than a subject"
    moth = factories.product(title, pictures=0)
    create = BackInStockRequest.objects.create
    back_in_stock.back_in_stock(create(product=moth, email=alice.email, state="notified"))
    unconfirmed = create(product=moth, email="dana@example.com", state="unconfirmed")
    back_in_stock.confirm_back_in_stock(unconfirmed)
    asked = questions.ask(product=moth, text="Is it <heavy>?", email=alice.email)
    asked.answer, asked.state = "3.6 g & no more.", "published"
    questions.save_answer(asked)


def _safety_revision() -> None:
    revision = published("Cells", is_safety=True, summary="Do not charge below 0 °C.")
    manuals.safety_revision(revision, [("dana@example.com", ("LiPo cell 50 mAh",))])


def _saved_search(alice: User) -> None:
    moth = factories.product("Moth for searches", pictures=0)
    search = SavedSearch.objects.create(email=alice.email, query="q=moth", name="moth")
    saved_searches.confirm_saved_search(search)
    saved_searches.saved_search(search, [moth.pk])


def _newsletter() -> None:
    topics.load()
    bob = Subscriber.objects.create(email="bob@example.com", state="active")
    newsletter.send_unsubscribe_link(bob)
    for email in ("dana@example.com", "bob@example.com"):
        subscriptions.sign_up(
            email, topics=topics.DEFAULT_SLUGS, source=Source.BOX, text="Send me letters."
        )
    person = Person("erin@example.com", ("sales",), "Yes.", timezone.now(), "fair", None, {})
    create_subscribers([person], run=ImportRun.objects.create(file_name="old.csv"))
    sales = Topic.objects.get(slug="sales")
    send_test(Campaign.objects.create(topic=sales, subject="Sale"), to="charlie@example.com")


def _policies(alice: User) -> None:
    policy = Policy.objects.create(
        slug="terms", title="Terms of Sale", required_at_registration=True,
        next_review_on=timezone.localdate() - timedelta(days=3),
    )  # fmt: skip
    adopt(policy, "We send what you order.")
    version = adopt(
        policy, "And more.", summary="Returns in 60 days.", change_type=ChangeType.MATERIAL
    )
    row = Announcement(version=version, audience="accounts")
    agreements.policy_changed(row, [(alice.pk, alice.email)])
    agreements.review_due(policy, 0)


def _breached_run() -> AuditRun:
    breach = {
        "check": "committed-stock",
        "subject": "SKU MF-1",
        "problem": "Committed: 12; reserved by orders: 11.",
        "action": "Count the stock.",
    }
    return AuditRun.objects.create(
        breach_count=21, breaches=[breach], not_checked=["Stripe did not answer: timeout"]
    )
