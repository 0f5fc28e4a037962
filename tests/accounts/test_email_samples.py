"""Sample emails: none is missing, and each has the data of the real email."""

import re

import pytest

from accounts.mail import samples
from accounts.mail.models import Message
from accounts.mail.registry import EMAIL_TYPES
from microflight.core.business import FACTS


def test_every_email_type_has_a_sample() -> None:
    # Mutation: a type without a sample was listed as missing.
    assert set(samples.names()) == {*EMAIL_TYPES, "newsletter"}
    for name in samples.names():
        assert samples.sample(name).subject


@pytest.mark.parametrize("name", samples.names())
def test_sample_is_complete_and_runs_no_query(name: str) -> None:
    # Without pytest's mark for the database, any query of a sample is an error.
    email = samples.sample(name)
    assert 0 < len(email.subject) < 60
    assert FACTS.address_line in email.text
    assert FACTS.street in email.html
    assert FACTS.postcode in email.html
    both = f"{email.subject}\n{email.text}"
    assert not re.search(r"\{[{%]|\[\[|&amp;|&#|None|\bTrue\b|\bFalse\b", both), both
    assert not re.search(r"\{[{%]|\[\[|>None<", email.html)


@pytest.mark.django_db
def test_sample_has_the_context_of_the_real_email(every_email: list[Message]) -> None:
    missing = {
        name: keys
        for row in every_email
        if (
            keys := EMAIL_TYPES[name := row.email_type].context(row).keys()
            - samples.context_of(name).keys()
        )
    }
    assert missing == {}


@pytest.mark.promise("no-trackers-in-mail")
@pytest.mark.parametrize("name", samples.names())
def test_no_sample_has_a_tracking_pixel(name: str) -> None:
    assert not re.search(r"<(script|iframe|object)\b|@import", samples.sample(name).html)
    assert not re.search(r"<img\b", samples.sample(name).html)
