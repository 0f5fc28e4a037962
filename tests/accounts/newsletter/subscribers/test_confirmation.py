"""The confirmation link: a page, a button, seven days, once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.newsletter.models import (
    Consent,
    Reason,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
)
from accounts.newsletter.subscribers import emails, erasure, topics
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppress, unsubscribe
from policies.models import Acceptance, Context, Policy
from policies.workflow import adopt
from tests.accounts.newsletter.people import DANA, link_in, press, subscriber, typed

pytestmark = pytest.mark.django_db

PAGE = "/newsletter/"


@pytest.fixture(autouse=True)
def privacy(db: None) -> Policy:
    topics.load()
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    adopt(policy, "We ask for little.")
    return policy


@pytest.fixture
def link(client: Client) -> str:
    """The link of the email that Dana got."""
    client.post(PAGE, typed(Source.PAGE, name="Dana", company="Moths Ltd.", country=""))
    return link_in()


def dana() -> Subscriber:
    return Subscriber.objects.get(email=DANA)


@pytest.mark.promise("opt-in-mail")
def test_opening_the_link_confirms_nothing(client: Client, link: str) -> None:
    for _ in range(2):
        answer = client.get(link)
        assert answer.status_code == 200
        assert "Subscribe</button>" in answer.content.decode()
        assert answer["X-Robots-Tag"] == "noindex"
    assert dana().state == SubscriberState.PENDING
    assert not Acceptance.objects.exists()


@pytest.mark.promise("opt-in-mail", "newsletter")
def test_confirming_subscribes_to_chosen_topics(client: Client, link: str) -> None:
    answer = press(client, link)
    assert answer.status_code == 200
    assert "You're subscribed" in answer.content.decode()
    made = dana()
    assert (made.state, made.name, made.company) == ("active", "Dana", "Moths Ltd.")
    assert set(made.topics.values_list("slug", flat=True)) == {"sales", "flying-tips"}
    consent = Consent.objects.get()
    assert consent.confirmed_at is not None
    assert consent.confirmed_network == "127.0.0.0/24"
    assert consent.details == {}


def test_confirming_records_acceptance(client: Client, link: str) -> None:
    assert not Acceptance.objects.exists()  # typing someone else's address accepts nothing
    press(client, link)
    made = Acceptance.objects.get()
    assert (made.context, made.subject) == (Context.NEWSLETTER, f"subscriber:{dana().pk}")
    assert made.label == "I have read and accept Privacy (version 1)."


def test_changed_policy_is_shown_again(client: Client, link: str, privacy: Policy) -> None:
    page = client.get(link).content.decode()
    assert "I have read and accept Privacy (version 1)." in page
    adopt(privacy, "We ask for less.")
    answer = client.post(link, {"policies": page.split('name="policies" value="')[1].split('"')[0]})
    assert answer.status_code == 409
    assert "I have read and accept Privacy (version 2)." in answer.content.decode()
    assert dana().state == SubscriberState.PENDING
    assert not Acceptance.objects.exists()
    assert press(client, link).status_code == 200
    assert Acceptance.objects.get().label == "I have read and accept Privacy (version 2)."


def test_confirming_twice_subscribes_once(client: Client, link: str) -> None:
    assert [press(client, link).status_code for _ in range(2)] == [200, 200]
    assert SubscriberEvent.objects.filter(what="subscribed").count() == 1
    assert Consent.objects.count() == 1


def test_link_expires_after_seven_days(client: Client, link: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert client.get(link).status_code == 410
        answer = client.post(link)
    assert answer.status_code == 410
    assert "This link has expired" in answer.content.decode()
    assert dana().state == SubscriberState.PENDING
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert press(client, link).status_code == 200


def test_used_link_does_not_resubscribe(client: Client, link: str) -> None:
    # Mutation: without the look at the withdrawal, it answered that they were subscribed.
    press(client, link)
    unsubscribe(dana(), how="link")
    assert press(client, link).status_code == 410
    assert dana().state == SubscriberState.UNSUBSCRIBED


def test_new_confirmation_lifts_suppression(
    client: Client,
) -> None:
    gone = subscriber(DANA, "shop-news")
    unsubscribe(gone, how="link")
    client.post(PAGE, typed(Source.PAGE))
    assert dana().state == SubscriberState.UNSUBSCRIBED
    assert Suppression.objects.exists()
    press(client, link_in())
    assert dana().state == SubscriberState.ACTIVE
    assert set(gone.topics.values_list("slug", flat=True)) == {"sales", "flying-tips"}
    assert not Suppression.objects.exists()
    assert list(Consent.objects.order_by("pk").values_list("withdrawn_how", flat=True)) == [
        "link", "",
    ]  # fmt: skip


def test_do_not_contact_wins_over_earlier_link(client: Client, link: str) -> None:
    suppress(DANA, Reason.STAFF)
    assert press(client, link).status_code == 410
    assert dana().state == SubscriberState.PENDING
    assert not Acceptance.objects.exists()


@pytest.mark.parametrize("token", ["x", "1:2:3", "1", "x" * 5000, "..", "é🛩", "%00"])
def test_forged_link_is_404(client: Client, token: str) -> None:
    for answer in (client.get(f"/newsletter/confirm/{token}/"),
                   client.post(f"/newsletter/confirm/{token}/")):  # fmt: skip
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()


def test_link_for_another_purpose_is_rejected(client: Client, link: str) -> None:
    from accounts.newsletter.subscribers.links import resubscribe_token

    assert client.post(f"/newsletter/confirm/{resubscribe_token('1')}/").status_code == 404


@pytest.mark.usefixtures("link")
def test_confirmation_email_has_link_and_no_name() -> None:
    row = Message.objects.get()
    with time_machine.travel(timezone.now(), tick=False):  # the link contains a signed time
        link, letter = link_in(), compose(row)
    assert letter.subject == "Confirm your subscription"
    assert link in letter.text
    assert link in letter.html
    assert "within 7 days" in letter.text
    assert "- Sales\n- Flying tips\n" in letter.text
    assert "Dana" not in letter.text  # or a stranger could send their text to any address
    assert link not in str(row.data)


@pytest.mark.promise("newsletter")
def test_unconfirmed_sign_up_is_deleted_after_30_days(client: Client, link: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert erasure.delete_old() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert erasure.delete_old() == 1
        assert client.get(link).status_code == 410
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert not Message.objects.exists()  # its row named the address, too


def test_cleanup_keeps_active_subscribers(client: Client, link: str) -> None:
    press(client, link)
    client.post(PAGE, typed())  # asked again, not needed
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert erasure.delete_old() == 0
    assert dana().state == SubscriberState.ACTIVE
    assert Consent.objects.get().confirmed_at is not None


def test_unsubscribed_person_is_deleted_after_a_year() -> None:
    # Mutation: the outbox went on naming who had asked by mail how to leave.
    who = subscriber(DANA)
    emails.send_unsubscribe_link(who)
    unsubscribe(who, how="link")
    with time_machine.travel(timezone.now() + timedelta(days=364)):
        assert erasure.delete_old() == 0
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert erasure.delete_old() == 1
    assert not Subscriber.objects.exists()
    assert not Message.objects.exists()
    consent: Any = Consent.objects.get()
    assert (consent.subscriber, consent.withdrawn_how) == (None, "link")
    assert Suppression.objects.get().email_hash == consent.email_hash
