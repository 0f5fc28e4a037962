"""The newsletter checkbox at checkout: unticked, and never in the way of an order."""

import logging

import pytest

from accounts.mail.models import Message
from accounts.newsletter.models import Consent, Source, Subscriber
from accounts.newsletter.subscribers import emails, topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import SubscriberState
from checkout.order.models import Order
from policies.models import Acceptance, Context, Policy
from policies.workflow import adopt
from tests.checkout.factories import make_product
from tests.checkout.shopper import add_to_cart, checkout_form, press_pay, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

TICKED = {"newsletter": text_hash(CONSENT_TEXTS[Source.CHECKOUT])}


@pytest.fixture
def buyer(client, stripe_double):
    add_to_cart(client, make_product(price="49.00"))
    return client


@pytest.fixture(autouse=True)
def privacy(db):
    topics.load()
    policy = Policy.objects.create(slug="privacy", title="Privacy", required_at_checkout=True)
    adopt(policy, "We ask for little.")
    return policy


def asked() -> list[tuple[str, str]]:
    return list(
        Message.objects.filter(email_type__startswith="newsletter").values_list(
            "email_type", "recipient"
        )
    )


def test_checkbox_is_unticked(buyer):
    page = text(buyer.get("/checkout/"))
    assert CONSENT_TEXTS[Source.CHECKOUT] in page
    box = page.split('name="newsletter"')[1].split(">")[0]
    assert "checked" not in box


@pytest.mark.promise("opt-in-mail")
def test_unticked_checkbox_sends_nothing(buyer, stripe_double):
    assert press_pay(buyer, checkout_form(buyer), stripe_double).json()["outcome"] == "placed"
    assert not Subscriber.objects.exists()
    assert asked() == []


@pytest.mark.promise("opt-in-mail")
def test_guest_gets_a_confirmation_email(buyer, stripe_double):
    answer = press_pay(buyer, checkout_form(buyer) | TICKED, stripe_double)
    assert answer.json()["outcome"] == "placed"
    assert asked() == [("newsletter-confirm", "dana@example.com")]
    consent = Consent.objects.get()
    assert (consent.source, consent.confirmed_at) == (Source.CHECKOUT, None)
    assert Subscriber.objects.get().state == SubscriberState.PENDING
    assert not Acceptance.objects.filter(context=Context.NEWSLETTER).exists()


def test_account_with_verified_email_is_subscribed(buyer, alice, stripe_double):
    buyer.force_login(alice)
    form = checkout_form(buyer) | TICKED | {"email": alice.email}
    assert press_pay(buyer, form, stripe_double).json()["outcome"] == "placed"
    made = Subscriber.objects.get()
    assert (made.email, made.user, made.state) == (alice.email, alice, SubscriberState.ACTIVE)
    accepted = Acceptance.objects.get(context=Context.NEWSLETTER)
    assert accepted.label == ("I have read and accept Payment (version 1) and Privacy (version 1).")
    assert accepted.version.policy.slug == "privacy"
    assert asked() == []


def test_other_email_of_an_account_gets_a_confirmation_email(buyer, alice, stripe_double):
    buyer.force_login(alice)
    press_pay(buyer, checkout_form(buyer) | TICKED, stripe_double)
    assert asked() == [("newsletter-confirm", "dana@example.com")]
    assert Subscriber.objects.get().state == SubscriberState.PENDING


@pytest.mark.parametrize("tick", ["on", "00000000", "x" * 10_000])
def test_tick_of_an_outdated_label_is_ignored(buyer, stripe_double, tick):
    form = checkout_form(buyer) | {"newsletter": tick}
    assert press_pay(buyer, form, stripe_double).json()["outcome"] == "placed"
    assert not Subscriber.objects.exists()


def test_newsletter_failure_does_not_lose_the_order(buyer, stripe_double, monkeypatch, caplog):
    def broken(*_):
        raise OSError("no room")

    monkeypatch.setattr(emails, "send_confirmation", broken)
    with caplog.at_level(logging.WARNING):
        answer = press_pay(buyer, checkout_form(buyer) | TICKED, stripe_double)
    assert answer.json()["outcome"] == "placed"
    assert Order.objects.get().status == "placed"
    assert not Subscriber.objects.exists()
    assert "a newsletter sign-up at checkout was lost: OSError" in caplog.text
