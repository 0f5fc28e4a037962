"""Staff reply to tickets with the orders of the person in view, one ticket after the other."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.tickets import replies
from accounts.tickets.models import Ticket
from microflight.core.errors import ServiceError

pytestmark = pytest.mark.django_db


def make_ticket(number: int, email: str = "dana@example.com", text: str = "Where is it?") -> Ticket:
    return Ticket.objects.create(
        email=email, name="Dana", subject="My order", text=text, event_id=str(number),
        last_email_at=timezone.now() + timedelta(minutes=number),
    )  # fmt: skip


def page_of(ticket: Ticket) -> str:
    return f"/admin/tickets/ticket/{ticket.pk}/change/"


def reply(staff: Client, ticket: Ticket, text: str, **more: Any) -> Any:
    shown = staff.get(page_of(ticket)).context
    data = {"once": str(shown["once"]), "seen": shown["form"]["seen"].value(), "text": text}
    return staff.post(f"/admin/tickets/ticket/{ticket.pk}/reply/do/", data | more)


def state(ticket: Ticket) -> tuple[str, str]:
    return Ticket.objects.values_list("state", "text").get(pk=ticket.pk)


# Mutation: without closing the ticket, the second assertion on the state failed.
def test_reply_is_sent_and_the_next_open_ticket_follows(staff: Client) -> None:
    newest, oldest, middle = make_ticket(3), make_ticket(1), make_ticket(2)
    assert staff.get("/admin/tickets/ticket/next/")["Location"] == page_of(oldest)
    answer = reply(staff, oldest, "It ships today.\r\n\r\nCharlie")
    assert answer["Location"] == page_of(middle)
    email = Message.objects.get(email_type="ticket-reply")
    assert email.recipient == "dana@example.com"
    rendered = compose(email)
    assert rendered.subject == f"Re: My order [{oldest.number}]"
    assert "It ships today." in rendered.text
    assert state(oldest)[0] == "closed"
    assert state(oldest)[1].endswith("UTC, charlie@example.com ---\n\nIt ships today.\n\nCharlie")
    assert reply(staff, middle, "No.")["Location"] == page_of(newest)
    assert reply(staff, newest, "No.", keep_open="on")["Location"] == "/admin/tickets/ticket/"
    assert state(newest)[0] == "open"


@pytest.mark.parametrize("change", [{"text": "Where is it!"}, {"state": "closed"}])
def test_each_change_of_a_ticket_is_noticed(change: dict[str, str]) -> None:
    ticket = make_ticket(1)
    seen = replies.version_of(ticket)
    Ticket.objects.update(**change)
    with pytest.raises(ServiceError, match="The customer wrote again"):
        replies.reply_to(ticket=ticket, text="We look.", seen=seen, keep_open=False, by=None)
    assert not Message.objects.filter(email_type="ticket-reply").exists()


def test_reply_to_a_changed_ticket_is_rejected_once(staff: Client) -> None:
    ticket = make_ticket(1)
    shown = staff.get(page_of(ticket)).context
    Ticket.objects.update(text="Where is it?\n\nFound it.")
    data = {"once": "a", "seen": shown["form"]["seen"].value(), "text": "We look."}
    url = f"/admin/tickets/ticket/{ticket.pk}/reply/do/"
    page = staff.post(url, data)
    html = page.content.decode()
    assert "The customer wrote again, or a colleague replied" in html
    assert "We look." in html
    assert not Message.objects.filter(email_type="ticket-reply").exists()
    assert state(ticket) == ("open", "Where is it?\n\nFound it.")
    staff.post(url, data | {"once": "b", "seen": page.context["form"]["seen"].value()})
    assert state(ticket)[0] == "closed"


@pytest.mark.parametrize("text", ["", "x" * 10_001, "a\x00b", "4242 4242 4242 4242"])
def test_invalid_reply_is_shown_again(staff: Client, text: str) -> None:
    ticket = make_ticket(1)
    assert reply(staff, ticket, text).context["form"].errors["text"]
    assert state(ticket) == ("open", "Where is it?")
    assert not Message.objects.filter(email_type="ticket-reply").exists()


def test_orders_of_the_customer_are_beside_the_ticket(staff: Client, order: Any) -> None:
    own, other = order(email="Dana@example.com"), order(email="bob@example.com")
    third = order(email="eve@example.com")
    ticket = make_ticket(1, text=f"What about order {other.number} and 100001?")
    context = staff.get(page_of(ticket)).context
    assert [each.pk for each in context["orders"]] == [own.pk]
    assert [each.pk for each in context["named_orders"]] == [other.pk]
    html = staff.get(page_of(ticket)).content.decode()
    assert own.number in html
    assert third.number not in html


def test_orders_are_hidden_from_staff_who_may_not_see_them(
    client: Client, alice: Any, order: Any
) -> None:
    one, ticket = order(email="dana@example.com"), make_ticket(1)
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    client.force_login(alice)
    html = client.get(page_of(ticket)).content.decode()
    assert one.number not in html
    assert "Your reply" not in html
    url = f"/admin/tickets/ticket/{ticket.pk}/reply/do/"
    assert client.post(url, {"text": "Hi"}).status_code == 403
