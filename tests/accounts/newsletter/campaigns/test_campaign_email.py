"""Headers and parts of a campaign email."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from accounts.newsletter.campaigns.campaign_email import EmailBuilder, InvalidEmail, message_id_of
from accounts.newsletter.models import Campaign, Delivery, Subscriber

TEXT = "Hello [[name]],\n.\n.a dot first, and trailing space \nüber [[link:1]]\n" + "x" * 300 + "\n"


@pytest.fixture
def made(subscribe: Any, launched: Any) -> Callable[..., tuple[bytes, Any]]:
    """Write an email; return its bytes and what a mail program reads."""

    def make(reader: dict[str, Any] | None = None, **changes: Any) -> tuple[bytes, EmailMessage]:
        (person,) = subscribe(1)
        for name, value in (reader or {}).items():
            setattr(person, name, value)
        campaign = launched(**changes)
        row = Delivery.objects.create(campaign=campaign, subscriber=person)
        content = EmailBuilder(campaign).build(row).message().as_bytes(linesep="\r\n")
        read: Any = message_from_bytes(content, policy=policy.default)
        return content, read

    return make


def test_both_parts_arrive_unchanged(made: Any):
    content, letter = made(body_text=TEXT, reader={"name": "Zoë <b>"})
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.iter_parts()
    link = "https://shop.example/ladybird/"
    filled = TEXT.replace("[[name]]", "Zoë <b>").replace("[[link:1]]", link)
    assert text.get_content().replace("\r\n", "\n") == filled
    assert html.get_content_type() == "text/html"
    assert html.get_content().startswith(
        f'<p>Hello Zoë &lt;b&gt;, <a href="{link}">the Ladybird</a> – '
    )
    assert max(map(len, content.split(b"\r\n"))) < 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.split(b"\r\n\r\n")[0].isascii()


def test_headers_for_bulk_email(made: Any):
    content, letter = made(reply_to="desk@plantraco.com")
    row, person = Delivery.objects.get(), Subscriber.objects.get()
    campaign = Campaign.objects.get()
    assert letter["To"] == person.email
    assert letter["From"] == "MicroFlight <sales@plantraco.com>"
    assert letter["Reply-To"] == "desk@plantraco.com"
    assert letter["Subject"] == "Fly in the living room"
    assert letter["Message-ID"] == message_id_of(row.pk)
    leave = f"http://127.0.0.1:8000/newsletter/unsubscribe/{person.token}.{campaign.key}/"
    mail = f"mailto:service@plantraco.com?subject=unsubscribe%20{person.token}"
    assert str(letter["List-Unsubscribe"]).strip() == f"<{leave}>, <{mail}>"
    assert f"<{leave}>".encode() in content  # folded between the two, never within one
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"] == "<new-products.newsletter.plantraco.com>"
    assert letter["Precedence"] == "bulk"
    assert str(letter["Date"]).endswith(" -0000")


def test_non_ascii_text_is_encoded(made: Any):
    subject = "Für Papierflieger – über zehn Gramm und trotzdem wendig, " * 2
    content, letter = made(subject=subject.strip(), from_email="Flüge <sales@plantraco.com>")
    assert str(letter["Subject"]).strip() == subject.strip()
    assert letter["From"].addresses[0].display_name == "Flüge"
    assert content.split(b"\r\n\r\n")[0].isascii()


def test_non_ascii_domain_is_punycode(made: Any):
    _, letter = made(reader={"email": "max@flüge.example"})
    assert letter["To"] == "max@xn--flge-1ra.example"


@pytest.mark.parametrize("address", ["zoë@example.com", "a@b.example\r\nBcc: c@d.example", "none"])
def test_invalid_address_is_rejected(made: Any, address: str):
    with pytest.raises(InvalidEmail):
        made(reader={"email": address})


def test_missing_merge_field_raises_error(made: Any):
    with pytest.raises(KeyError):
        made(body_text="[[link:7]]")


def test_provider_gets_the_message_id_as_metadata(subscribe: Any, launched: Any):
    (person,) = subscribe(1)
    row = Delivery.objects.create(campaign=launched(), subscriber=person)
    email: Any = EmailBuilder(row.campaign).build(row)
    assert email.metadata == {"delivery": message_id_of(row.pk)}
