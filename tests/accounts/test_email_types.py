"""Every email type, rendered once: it has our postal address, a text part and no trackers."""

import re
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMultiAlternatives

from accounts.mail.models import Message
from accounts.mail.registry import EMAIL_TYPES
from accounts.mail.rendering import build_email, compose
from microflight.core.business import FACTS

pytestmark = pytest.mark.django_db


def _rendered(rows: list[Message]) -> Iterator[tuple[EmailMultiAlternatives, str]]:
    for row in rows:
        rendered = compose(row)
        yield build_email(row, rendered), rendered.html


def test_every_email_type_is_covered(every_email: list[Message]) -> None:
    assert {row.email_type for row in every_email} == set(EMAIL_TYPES)


def test_every_email_has_our_postal_address(every_email: list[Message]) -> None:
    for mail, html in _rendered(every_email):
        assert FACTS.address_line in str(mail.body)
        assert FACTS.street in html
        assert FACTS.postcode in html


# Mutation: without `body` the second part of the first email was text/html.
@pytest.mark.promise("plain-text-mail")
def test_every_email_has_a_text_part_with_all_links(every_email: list[Message]) -> None:
    for mail, html in _rendered(every_email):
        content_types = [part.get_content_type() for part in mail.message().walk()]
        assert content_types == ["multipart/alternative", "text/plain", "text/html"]
        links = set(re.findall(r'href="(https?://[^"?]+)', html))
        assert {link for link in links if link not in str(mail.body)} == set()


def test_every_email_has_a_reply_to(every_email: list[Message]) -> None:
    for mail, _html in _rendered(every_email):
        assert mail.from_email == "MicroFlight <sales@plantraco.com>"
        assert len(mail.reply_to) == 1


def test_no_email_shows_template_syntax_or_escapes(every_email: list[Message]) -> None:
    for mail, html in _rendered(every_email):
        both = f"{mail.subject}\n{mail.body}"
        assert not re.search(r"\{[{%]|&amp;|&#|None|\bTrue\b|\bFalse\b", both), both
        assert not re.search(r"\{[{%]|>None<", html)
        assert len(mail.subject) < 60


@pytest.mark.promise("no-trackers-in-mail")
def test_no_email_loads_remote_content(every_email: list[Message]) -> None:
    for _mail, html in _rendered(every_email):
        assert not re.search(r"<(img|link|script|iframe|object)\b|url\(|@import", html)


def test_text_lines_are_at_most_78_characters(every_email: list[Message]) -> None:
    for mail, _html in _rendered(every_email):
        for line in str(mail.body).splitlines():
            assert len(line) <= 78 or "http" in line, line
