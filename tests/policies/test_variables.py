"""Variables: shipping services, payment methods, cookies and processors in policies."""

import pytest
from django.conf import settings

from checkout.payment import policy_text as payment
from checkout.payment.stripe_gateway import METHODS
from checkout.shipping import policy_text as shipping
from checkout.shipping import seed as shipping_seed
from checkout.shipping.models import ShippingMethod
from policies import disclosures, seed, variables, workflow
from policies.models import Policy
from tests.policies.versions import current_version

pytestmark = pytest.mark.django_db


def test_shipping_services_are_listed_by_zone() -> None:
    shipping_seed.load()
    ShippingMethod.objects.filter(code="ca-letter").update(active=False)
    text = shipping.methods_by_zone()
    assert [line for line in text.split("\n") if line.startswith("###")] == [
        "### Canada",
        "### United States",
        "### World",
    ]
    assert "| Expedited Parcel | 3 to 7 | yes | yes | 30 kg |" in text
    assert "| Small Packet USA | 6 to 12 | no | in or with a product | 1 kg |" in text
    assert "Lettermail" not in text  # it is inactive


def test_missing_shipping_services_get_a_message() -> None:
    assert (
        shipping.methods_by_zone()
        == "No shipping methods are available at the moment. Please call us."
    )


def test_published_version_keeps_its_shipping_services() -> None:
    shipping_seed.load()
    seed.load()
    before = current_version("shipping").body
    assert "| Xpresspost | 1 to 3 | yes | in or with a product | 30 kg |" in before
    ShippingMethod.objects.all().delete()
    assert current_version("shipping").body == before


def test_payment_methods_are_listed() -> None:
    seed.load()
    body = current_version("payment").body
    assert METHODS == ("card",)
    assert payment.payment_methods() in body
    assert "- **Credit or debit card**, in the card field" in body


def test_cookies_are_listed_with_purpose_and_lifetime() -> None:
    assert [cookie.name for cookie in disclosures.cookies()] == [
        "__stripe_mid", "__stripe_sid", "basket", "csrftoken", "known_browser", "m", "messages",
        "sessionid",
    ]  # fmt: skip
    row = "| basket | remembers your cart while you are not logged in | 30 days |"
    # regression: all of Stripe's cookies had one purpose, without a host
    stripe_row = (
        "| m | set by Stripe, only on the payment page, to detect fraud; it belongs to "
        "m.stripe.com | 2 years |"
    )
    seed.load()
    for slug in ("privacy", "cookies"):
        body = current_version(slug).body
        assert row in body
        assert stripe_row in body


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (settings.SESSION_COOKIE_AGE, "2 weeks"),
        (settings.CSRF_COOKIE_AGE, "1 year"),
        (settings.OSCAR_BASKET_COOKIE_LIFETIME, "30 days"),
        (86_400, "1 day"),
    ],
)
def test_durations_are_formatted(seconds: int, text: str) -> None:
    assert disclosures.format_duration(seconds) == text


def test_processors_are_listed_with_the_data_they_receive() -> None:
    seed.load()
    body = current_version("privacy").body
    assert f"- **Stripe** {payment.stripe_gets()}" in body
    assert (
        "gets the card, your name, your email address and the billing address of the card from "
        "your browser, and what your bank asks for; and from us the amount, the number of your "
        "order, our ID of the payment, the name and address that it ships to and the URL "
        "of this site."
    ) in body
    assert f"- **hCaptcha** {payment.HCAPTCHA_GETS}" in body
    assert "It may load hCaptcha, from hcaptcha.com" in body
    assert "- **The carrier** gets your name and address" in body


def test_seed_data_uses_variables_for_contact_details() -> None:
    """So a new telephone number is changed in one place."""
    for path in seed.FOLDER.glob("*.md"):
        source = path.read_text(encoding="utf-8")
        for fact in ("955 1836", "931 0055", "plantraco.com", "8th Street", "S7H"):
            assert fact not in source, path.name
        assert variables.unknown_in(source) == [], path.name


def test_version_with_an_unknown_variable_is_not_adopted() -> None:
    policy = Policy.objects.create(slug="about", title="About")
    with pytest.raises(workflow.PolicyError, match="Line 2: unknown variable “fee”"):
        workflow.adopt(policy, "We sell.\nIt costs {{ fee }}.")
    assert not policy.versions.exists()
