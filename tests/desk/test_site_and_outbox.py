"""Letters, policies, notices, delivery, tax and offers in the admin."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.apps.address.models import Country

from accounts.mail.models import Message, MessageState
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.shipping.models import ShippingMethod, ShippingZone
from checkout.tax.models import TaxRate


@pytest.fixture
def letter(db: None) -> Message:
    """A letter that was sent, whose HTML somebody tampered with."""
    return Message.objects.create(
        kind="welcome", subject_id="user:7", recipient="dana@example.com",
        subject="Welcome aboard", state=MessageState.SENT, sent_at=timezone.now(),
        body_text="Hello <Dana>", body_html="<p>Hello</p><script>alert(1)</script>",
    )  # fmt: skip


def test_email_is_shown_as_text_and_in_sandboxed_frame(staff: Client, letter: Message) -> None:
    answer = staff.get(reverse("admin:mail_message_change", args=[letter.pk]))
    page = answer.content.decode()
    assert "Hello &lt;Dana&gt;" in page
    assert "alert(1)" not in page
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    frame = staff.get(reverse("admin:mail_message_html", args=[letter.pk]))
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")
    assert frame["Content-Security-Policy"].endswith("sandbox")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_emails_are_searched_by_recipient_and_reference(staff: Client, letter: Message) -> None:
    listed = reverse("admin:mail_message_changelist")
    for words in ("dana@", "user:7", "aboard"):
        assert "Welcome aboard" in staff.get(listed, {"q": words}).content.decode()
    assert "Welcome aboard" not in staff.get(listed, {"state": "failed"}).content.decode()


def test_email_is_read_only(staff: Client, letter: Message) -> None:
    url = reverse("admin:mail_message_change", args=[letter.pk])
    assert staff.post(url, {"recipient": "eve@example.com"}).status_code == 403
    letter.refresh_from_db()
    assert letter.recipient == "dana@example.com"


def test_queued_email_is_not_resent(staff: Client, letter: Message) -> None:
    Message.objects.update(state=MessageState.QUEUED)
    url = reverse("admin:mail_message_resend", args=[letter.pk])
    answer = staff.post(url, follow=True)
    assert "already queued" in answer.content.decode()


def test_a_country_has_one_zone(staff: Client, db: None) -> None:
    canada, _ = Country.objects.get_or_create(
        iso_3166_1_a2="CA", defaults={"name": "Canada", "printable_name": "Canada"}
    )
    first = ShippingZone.objects.create(code="ca", name="Canada")
    first.countries.add(canada)
    data = {"code": "north", "name": "North", "countries": [canada.pk]}
    answer = staff.post(reverse("admin:shipping_shippingzone_add"), data)
    assert "The zone “Canada” already has one of these countries." in answer.content.decode()
    assert ShippingZone.objects.count() == 1


def test_a_service_is_written_with_its_bands(staff: Client, db: None) -> None:
    zone = ShippingZone.objects.create(code="ca", name="Canada")
    data = {
        "zone": zone.pk, "code": "slow", "name": "Slow", "min_days": "5", "max_days": "9",
        "position": "0", "active": "on",
        "bands-TOTAL_FORMS": 1, "bands-INITIAL_FORMS": 0,
        "bands-0-up_to_g": "500", "bands-0-charge": "7.20",
    }  # fmt: skip
    add = reverse("admin:shipping_shippingmethod_add")
    assert staff.post(add, data | {"max_days": "4"}).status_code == 200
    assert staff.post(add, data).status_code == 302
    assert ShippingMethod.objects.get().bands.get().charge == Decimal("7.20")


@pytest.mark.parametrize(("rate", "status"), [("0.05", 302), ("5", 200), ("-0.1", 200)])
def test_a_tax_rate_is_a_fraction(rate: str, status: int, staff: Client, db: None) -> None:
    data = {
        "country": "CA", "province": "SK", "component": "GST", "rate": rate,
        "starts_on": "2027-01-01",
    }  # fmt: skip
    assert staff.post(reverse("admin:tax_taxrate_add"), data).status_code == status
    assert TaxRate.objects.filter(starts_on="2027-01-01").count() == (status == 302)


def test_an_offer_is_made_with_its_limits(staff: Client, db: None) -> None:
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(type="Count", value=3, range=everything)
    benefit = Benefit.objects.create(type="Percentage", value=10, range=everything)
    page = staff.get(reverse("admin:offer_conditionaloffer_add")).content.decode()
    assert "3 items from Everything" in page
    assert "10 % off Everything" in page
    data = {
        "name": "Three for less", "offer_type": "Site", "status": "Open", "priority": "0",
        "condition": condition.pk, "benefit": benefit.pk, "max_user_applications": "2",
        **dict.fromkeys(("start_datetime_0", "start_datetime_1"), ""),
    }  # fmt: skip
    answer = staff.post(reverse("admin:offer_conditionaloffer_add"), data)
    assert answer.status_code == 302
    assert ConditionalOffer.objects.get().max_user_applications == 2
