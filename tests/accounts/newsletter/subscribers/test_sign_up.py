"""Sign-up by box and page: the same answer for everyone, and bots."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.newsletter.models import Consent, Reason, Source, Subscriber
from accounts.newsletter.subscribers import honeypot, topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.erasure import erase
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppress
from policies import seed
from policies.models import Policy
from policies.workflow import adopt
from tests.accounts.newsletter.people import DANA, outbox_rows, subscriber, typed

pytestmark = pytest.mark.django_db

PAGE, ASKED = "/newsletter/", "/newsletter/check-your-email/"
FROM = "203.0.113.77"


@pytest.fixture(autouse=True)
def _topics(db: None) -> None:
    topics.load()


def nothing_was_written() -> bool:
    return not (Subscriber.objects.exists() or Consent.objects.exists() or outbox_rows())


def test_box_sends_confirmation_email(client: Client) -> None:
    answer = client.post(PAGE, typed(email=" Dana@Example.com "), REMOTE_ADDR=FROM)
    assert (answer.status_code, answer["Location"]) == (302, ASKED)
    made = Subscriber.objects.get()
    assert (made.email, made.state) == (DANA, SubscriberState.PENDING)
    assert not made.topics.exists()
    assert outbox_rows() == [("newsletter-confirm", DANA)]


@pytest.mark.promise("newsletter")
def test_sign_up_stores_the_consent(client: Client) -> None:
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    version = adopt(policy, "We ask for little.")
    client.post(PAGE, typed(), REMOTE_ADDR=FROM)
    consent = Consent.objects.get()
    assert consent.text == (
        "Email me about new products, sales, flying tips and shop news. "
        "I can unsubscribe at any time with the link in every email."
    )
    assert consent.version == version
    assert consent.topics == "new-products,sales,flying-tips,shop-news"
    assert (consent.source, consent.network) == (Source.BOX, "203.0.113.0/24")
    assert (consent.confirmed_at, consent.withdrawn_at) == (None, None)


def test_page_stores_topics_and_details(client: Client) -> None:
    about = {"name": "Dana", "company": "Moths Ltd.", "job_title": "Pilot"}
    client.post(PAGE, typed(Source.PAGE, **about))
    consent = Consent.objects.get()
    assert consent.topics == "sales,flying-tips"
    assert consent.text == CONSENT_TEXTS[Source.PAGE]
    assert consent.details == about
    assert Subscriber.objects.get().name == ""  # the address is not confirmed yet


def test_page_without_topic_is_shown_again(client: Client) -> None:
    answer = client.post(PAGE, typed(Source.PAGE, topics=[], name="Dana"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Select at least one topic." in page
    assert 'value="Dana"' in page
    assert nothing_was_written()


def test_known_and_unknown_addresses_get_the_same_answer(
    client: Client,
) -> None:
    # Mutation: done with early for a subscriber, it asked fewer statements.
    subscriber("active@example.com")
    subscriber("left@example.com", state=SubscriberState.UNSUBSCRIBED)
    suppress("left@example.com", Reason.UNSUBSCRIBED)
    answers, statements = [], []
    for email in ("new@example.com", "active@example.com", "left@example.com"):
        with CaptureQueriesContext(connection) as seen:
            answer = client.post(PAGE, typed(email=email))
        answers.append((answer.status_code, answer["Location"], answer.content))
        statements.append([re.sub(r"'[^']*'|\d+", "?", q["sql"]) for q in seen])
    assert answers[0] == answers[1] == answers[2] == (302, ASKED, b"")
    assert statements[0] == statements[1] == statements[2]


def test_subscriber_is_notified_and_not_changed(client: Client) -> None:
    dana = subscriber(DANA, "sales", name="Dana")
    client.post(PAGE, typed(Source.PAGE, name="Somebody Else", topics=["shop-news"]))
    dana.refresh_from_db()
    assert (dana.name, dana.state) == ("Dana", SubscriberState.ACTIVE)
    assert list(dana.topics.values_list("slug", flat=True)) == ["sales"]
    assert outbox_rows() == [("newsletter-already", DANA)]


def test_address_gets_three_emails_a_day(client: Client) -> None:
    for _ in range(5):
        assert client.post(PAGE, typed())["Location"] == ASKED
    assert outbox_rows() == [("newsletter-confirm", DANA)] * 3
    assert Consent.objects.count() == 3
    assert Subscriber.objects.count() == 1


def test_limit_of_emails_holds_for_any_24_hours(client: Client) -> None:
    # Mutation: a counter in the cache that started at the first sign-up let five go out in an hour.
    with time_machine.travel("2027-01-31 18:00:00Z", tick=False) as clock:
        client.post(PAGE, typed())
        clock.shift(timedelta(hours=23))
        cache.clear()
        for hours, total in ((0, 2), (0, 3), (0, 3), (2, 4), (0, 4), (20, 4), (2, 5)):
            clock.shift(timedelta(hours=hours))
            client.post(PAGE, typed())
            assert Consent.objects.count() == len(outbox_rows()) == total


def test_erasure_does_not_reset_the_limit(client: Client) -> None:
    # Mutation: counted by subscriber, an erased address got three more.
    for _ in range(3):
        client.post(PAGE, typed())
    erase(Subscriber.objects.get())
    client.post(PAGE, typed())
    assert not Subscriber.objects.exists()
    assert outbox_rows() == []


def test_sign_ups_are_limited_per_network(client: Client) -> None:
    for n in range(20):
        client.post(PAGE, typed(email=f"person-{n}@example.com"))
    answer = client.post(PAGE, typed())
    assert answer.status_code == 429
    assert "Wait an hour and try again" in answer.content.decode()
    assert not Subscriber.objects.filter(email=DANA).exists()


def test_do_not_contact_gets_no_email(client: Client) -> None:
    suppress(DANA, Reason.STAFF)
    assert client.post(PAGE, typed())["Location"] == ASKED
    assert outbox_rows() == []


# --- Robots --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trapped",
    [
        {"letterhead": "https://example.com/pills"},
        {"stamp": ""},
        {"stamp": "1600000000:forged"},
        {"stamp": "x" * 10_000},
    ],
)
def test_bot_gets_the_same_answer_and_nothing_is_stored(
    client: Client, trapped: dict[str, str]
) -> None:
    answer = client.post(PAGE, typed(**trapped))
    assert (answer.status_code, answer["Location"]) == (302, ASKED)
    assert nothing_was_written()


@pytest.mark.parametrize("source", [Source.BOX, Source.PAGE])
def test_fast_sign_up_is_not_dropped_silently(client: Client, source: Source) -> None:
    # Mutation: treated as a bot, a fast person read "Check your email" and got no email.
    with time_machine.travel("2027-01-31 18:00:00Z", tick=False) as clock:
        sent = typed(source, stamp=honeypot.stamp())
        clock.shift(1)
        answer = client.post(PAGE, sent)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "That was very fast. Check your details and submit again." in page
        assert f'value="{DANA}"' in page
        assert nothing_was_written()
        clock.shift(1)
        again = typed(Source.PAGE, stamp=stamp_in(answer.content))
        assert client.post(PAGE, again)["Location"] == ASKED
    assert outbox_rows() == [("newsletter-confirm", DANA)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "dana"},
        {"email": "x" * 10_000 + "@example.com"},
        {"email": "dana@example.com\nBcc: all@example.com"},
        {"email": "dana@example.com, bob@example.com"},
        {"name": "Dana\r\nBcc: all@example.com"},
        {"name": "x" * 121},
        {"name": "Dana\x00"},
        {"company": "x" * 100_000},
        {"country": "Atlantis"},
        {"topics": ["no-such-topic"]},
        {"consent": "00000000"},
        {"consent": ""},
    ],
)
def test_invalid_input_stores_nothing(client: Client, wrong: dict[str, Any]) -> None:
    answer = client.post(PAGE, typed(Source.PAGE, **wrong))
    assert answer.status_code == 422
    assert "New aircraft, sales and flying tips" in answer.content.decode()
    assert nothing_was_written()


def test_changed_consent_text_is_shown_again(
    client: Client,
) -> None:
    answer = client.post(PAGE, typed(Source.PAGE, consent="0a1b2c3d"))
    page = answer.content.decode()
    assert "This text has just changed" in page
    words = re.search(r'name="consent" value="(\w+)"', page)
    assert words
    client.post(PAGE, typed(Source.PAGE, consent=words[1]))
    assert outbox_rows() == [("newsletter-confirm", DANA)]


def test_invalid_box_opens_the_page_with_default_topics(client: Client) -> None:
    answer = client.post(PAGE, typed(email="dana@"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("checked") == 4
    assert 'value="dana@"' in page
    assert nothing_was_written()


def test_box_on_cached_page_has_fresh_stamp_and_no_cookie() -> None:
    # Mutation: without the least age, the form sent at once was taken.
    with time_machine.travel("2027-01-31 18:00:00Z", tick=False) as clock:
        first = Client().get("/site-map/")
        clock.shift(30)
        second = Client().get("/site-map/")  # the page itself comes from the cache
        assert not second.cookies
        assert stamp_in(first.content) != stamp_in(second.content)
        sent = typed(stamp=stamp_in(second.content))
        Client().post(PAGE, sent)
        assert nothing_was_written()  # at once: no hands are as quick
        clock.shift(2)
        Client().post(PAGE, sent)
    assert outbox_rows() == [("newsletter-confirm", DANA)]


def stamp_in(page: bytes) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/", "/cart/", "/policies/privacy/", "/no-such-page/"])
def test_box_is_on_every_page(client: Client, path: str) -> None:
    seed.load()
    page = client.get(path).content.decode()
    assert page.count('<form class="newsletter-form"') == 1
    assert CONSENT_TEXTS[Source.BOX] in page


def test_accented_text_is_accepted(client: Client) -> None:
    client.post(PAGE, typed(Source.PAGE, name="Zoë Müller-Škoda 🛩", company="Ærø & Söhne"))
    assert Consent.objects.get().details["name"] == "Zoë Müller-Škoda 🛩"
