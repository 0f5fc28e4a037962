"""What a text does not write out: services, ways to pay, cookies and who gets data."""

import pytest
from django.conf import settings

from checkout.payment import words as payment
from checkout.payment.stripe_gateway import METHODS
from checkout.shipping import seed as shipping
from checkout.shipping import words
from checkout.shipping.models import Service
from policies import register, seed, services, variables
from policies.models import Policy

pytestmark = pytest.mark.django_db


def test_services_stand_under_their_zone_with_days_tracking_and_limit() -> None:
    shipping.load()
    Service.objects.filter(code="ca-letter").update(active=False)
    text = words.services_and_zones()
    assert [line for line in text.split("\n") if line.startswith("###")] == [
        "### Canada",
        "### United States",
        "### World",
    ]
    assert "| Tracked parcel | 3 to 7 | yes | yes | 30 kg |" in text
    assert "| Small packet | 6 to 12 | no | no | 1 kg |" in text
    assert text.count("Small packet |") == 1  # the Canadian one is switched off


def test_without_a_service_the_text_says_so_instead_of_showing_a_gap() -> None:
    assert words.services_and_zones() == "At present no service is set up: call us."


def test_a_published_text_keeps_the_services_of_its_day() -> None:
    shipping.load()
    seed.load()
    before = services.current_version("shipping").body
    assert "| Express | 1 to 3 | yes | no | 10 kg |" in before
    Service.objects.all().delete()
    assert services.current_version("shipping").body == before


def test_every_way_to_pay_that_is_on_stands_in_the_text() -> None:
    seed.load()
    body = services.current_version("payment").body
    assert METHODS == ("card",)
    assert payment.payment_methods() in body
    assert "- **Credit or debit card**, in the card field" in body


def test_cookies_are_listed_by_name_with_their_time() -> None:
    assert [each.name for each in register.cookies()] == [
        "__stripe_mid", "__stripe_sid", "basket", "csrftoken", "m", "messages", "sessionid",
    ]  # fmt: skip
    row = "| basket | remembers your cart while you are not logged in | 30 days |"
    # Broken once: with the same purpose for all of Stripe's cookies, this row was not in the text.
    stripes = (
        "| m | set by Stripe, on the payment page alone, to recognise fraud; it belongs to "
        "m.stripe.com | 2 years |"
    )
    seed.load()
    for slug in ("privacy", "cookies"):
        body = services.current_version(slug).body
        assert row in body
        assert stripes in body


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (settings.SESSION_COOKIE_AGE, "2 weeks"),
        (settings.CSRF_COOKIE_AGE, "1 year"),
        (settings.OSCAR_BASKET_COOKIE_LIFETIME, "30 days"),
        (86_400, "1 day"),
    ],
)
def test_times_are_said_in_words(seconds: int, words: str) -> None:
    assert register.lasting(seconds) == words


def test_the_privacy_policy_names_who_gets_data_and_what() -> None:
    seed.load()
    body = services.current_version("privacy").body
    assert f"- **Stripe** {payment.stripe_gets()}" in body
    assert (
        "gets the card, your name, your email address and the billing address of the card from "
        "your browser, and what your bank asks for; and from us the amount, the number of your "
        "order, our number for the payment, the name and address that it ships to and the address "
        "of this site."
    ) in body
    assert f"- **hCaptcha** {payment.HCAPTCHA_GETS}" in body
    assert "It may load hCaptcha, from hcaptcha.com" in body
    assert "- **The carrier** gets your name and address" in body


def test_contact_facts_come_from_one_source_in_every_text() -> None:
    """The files hold none of them: a new telephone number is changed in one place."""
    for path in seed.TEXTS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for fact in ("955 1836", "931 0055", "plantraco.com", "8th Street", "S7H"):
            assert fact not in text, path.name
    assert variables.unknown_in((seed.TEXTS / "privacy.md").read_text(encoding="utf-8")) == []


def test_a_text_with_variables_that_nobody_knows_is_not_adopted() -> None:
    policy = Policy.objects.create(slug="about", title="About")
    from policies import publishing

    with pytest.raises(publishing.PolicyError, match="Line 2: nobody knows the variable “fee”"):
        publishing.adopt(policy, "We sell.\nIt costs {{ fee }}.")
    assert not policy.versions.exists()
