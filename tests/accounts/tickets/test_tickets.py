"""Emails to the service address become tickets, with one automatic reply each."""

from datetime import timedelta
from email import message_from_string, policy
from email.message import Message as Email
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.mail.inbound.processing import process
from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.tickets.models import Ticket
from accounts.tickets.tasks import delete_old_tickets
from microflight.core.card_numbers import REDACTED
from policies.opening.models import AwayPeriod

pytestmark = pytest.mark.django_db

DANA = "Dana Moth <dana@example.com>"


def written(text: str = "Two Butterflies, please.", **headers: str) -> Email:
    """Return an email from Dana to the service address."""
    lines = {"From": DANA, "To": "service@plantraco.com", "Subject": "An order", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in lines.items())
    return message_from_string(f"{head}\n{text}\n", policy=policy.default)


def receive(email: Email, event: str = "1") -> bool:
    """Receive an email as the webhook and the mailbox do."""
    return process(email, provider="postmark", event_id=event)


def replies() -> list[str]:
    """Return who got an automatic reply."""
    sent = Message.objects.filter(email_type="ticket-received")
    return list(sent.values_list("recipient", flat=True))


@pytest.mark.parametrize("sender", ["root@localhost", "cron@shop.local", "dana@[127.0.0.1]"])
def test_sender_that_cannot_be_answered_opens_no_ticket(sender: str) -> None:
    assert not receive(written(From=sender))
    assert not Ticket.objects.exists()
    assert replies() == []


def test_email_becomes_a_ticket_with_a_number_and_one_reply() -> None:
    assert receive(written())
    assert receive(written())  # the provider posts it again
    ticket = Ticket.objects.get()
    assert (ticket.email, ticket.name, ticket.subject, ticket.text, ticket.state) == (
        "dana@example.com", "Dana Moth", "An order", "Two Butterflies, please.", "open",
    )  # fmt: skip
    assert replies() == ["dana@example.com"]


def test_number_has_a_check_digit() -> None:
    """Damm: 10 has the check digit 1, 11 has 7."""
    assert Ticket(pk=10).number == "T101"
    assert Ticket.objects.named_in("Re: [T110]") is None


def test_reply_states_number_hours_and_away_dates() -> None:
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today, reopens_on=today + timedelta(days=30), text="We are flying."
    )
    receive(written())
    rendered = compose(Message.objects.get(email_type="ticket-received"))
    assert Ticket.objects.get().number in rendered.subject
    assert "Please never email card details." in rendered.text
    assert "We are flying." in rendered.text
    assert rendered.reply_to == "service@plantraco.com"


@pytest.mark.promise("card-numbers-removed")
@pytest.mark.parametrize("number", ["4242 4242 4242 4242", "4242-4242-4242-4242"])
def test_card_number_is_removed_on_arrival(number: str) -> None:
    receive(written(f"My card: {number}, exp 12/30", Subject=f"Card {number}"))
    ticket = Ticket.objects.get()
    assert ticket.text == f"My card: {REDACTED}, exp 12/30"
    assert ticket.subject == f"Card {REDACTED}"


def test_card_number_in_html_is_removed() -> None:
    receive(written("<p>Card <b>4242</b>4242 4242 4242</p>", Content_Type="text/html"))
    assert "4242" not in Ticket.objects.get().text


def test_later_email_about_a_ticket_is_added_and_opens_it_again() -> None:
    receive(written())
    ticket = Ticket.objects.get()
    Ticket.objects.update(state="closed")
    again = written("And a charger.", Subject=f"Re: An order [{ticket.number}]")
    receive(again, "2")
    receive(again, "2")
    ticket.refresh_from_db()
    assert ticket.state == "open"
    assert ticket.text.count("And a charger.") == 1
    assert len(replies()) == 1


def test_stranger_cannot_add_to_a_ticket() -> None:
    receive(written())
    number = Ticket.objects.get().number
    receive(written("Hello", From="eve@example.com", Subject=f"Re: [{number}]"), "2")
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"From": "service@plantraco.com"},
        {"From": "Sales <SALES@plantraco.com>"},
        {"From": "no address"},
        {"To": "bounces@plantraco.com"},
    ],
)
def test_programs_and_our_own_addresses_get_no_ticket(headers: dict[str, str]) -> None:
    receive(written(**headers))
    assert not Ticket.objects.exists()
    assert replies() == []


def test_replies_to_one_address_are_limited() -> None:
    for number in range(5):
        receive(written(Subject=f"Order {number}"), str(number))
    assert Ticket.objects.count() == 5
    assert len(replies()) == 3


def test_email_with_attachment_stays_in_the_mailbox() -> None:
    text = (
        "--x\nContent-Type: text/plain\n\nSee the list.\n--x\nContent-Type: text/csv\n"
        'Content-Disposition: attachment; filename="list.csv"\n\n1,2\n--x--'
    )
    assert not receive(written(text, Content_Type='multipart/mixed; boundary="x"'))
    ticket = Ticket.objects.get()
    assert (ticket.text, ticket.has_attachments) == ("See the list.", True)


@pytest.mark.parametrize("kind", ["text/plain; charset=klingon", "text/plain; charset=utf-16"])
def test_unreadable_email_is_stored_anyway(kind: str) -> None:
    receive(written("Hello", Content_Type=kind))
    assert Ticket.objects.count() == 1


def test_ticket_is_closed_and_found_by_number(staff: Client) -> None:
    receive(written())
    ticket = Ticket.objects.get()
    page = f"/admin/tickets/ticket/{ticket.pk}/"
    assert "Two Butterflies, please." in staff.get(f"{page}change/").content.decode()
    staff.post(f"{page}close/do/", {"once": "1"})
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    found: Any = staff.get("/admin/tickets/ticket/", {"q": ticket.number})
    assert list(found.context["cl"].queryset) == [ticket]


def test_old_tickets_are_deleted() -> None:
    receive(written())
    Ticket.objects.update(last_email_at=timezone.now() - timedelta(days=731))
    delete_old_tickets()
    assert not Ticket.objects.exists()
