"""The made-up letters that staff look at: none is missing, and each is like the real one."""

import re

import pytest

from accounts.mail import samples
from accounts.mail.models import Message
from accounts.mail.registry import KINDS
from microflight.core.business import FACTS
from tests.accounts.test_every_letter import every_kind

__all__ = ["every_kind"]


def test_every_kind_has_a_made_up_letter_and_the_newsletter_has_one_too() -> None:
    # Broken once: a kind without a sample was named here as missing.
    assert set(samples.names()) == {*KINDS, "newsletter"}
    for name in samples.names():
        assert samples.sample(name).subject


@pytest.mark.parametrize("name", samples.names())
def test_a_made_up_letter_reads_no_table_and_has_all_parts(name: str) -> None:
    # Without pytest's mark for the database, any query of a sample is an error.
    letter = samples.sample(name)
    assert 0 < len(letter.subject) < 60
    assert FACTS.address_line in letter.text
    assert FACTS.street in letter.html
    assert FACTS.postcode in letter.html
    both = f"{letter.subject}\n{letter.text}"
    assert not re.search(r"\{[{%]|\[\[|&amp;|&#|None|\bTrue\b|\bFalse\b", both), both
    assert not re.search(r"\{[{%]|\[\[|>None<", letter.html)


@pytest.mark.django_db
def test_a_made_up_letter_shows_everything_that_a_real_one_gathers(
    every_kind: list[Message],
) -> None:
    missing = {
        row.kind: lost
        for row in every_kind
        if (lost := KINDS[row.kind].gather(row).keys() - samples.context_of(row.kind).keys())
    }
    assert missing == {}


@pytest.mark.promise("no-trackers-in-mail")
@pytest.mark.parametrize("name", samples.names())
def test_no_made_up_letter_carries_a_tracking_pixel(name: str) -> None:
    assert not re.search(r"<(script|iframe|object)\b|@import", samples.sample(name).html)
    assert not re.search(r"<img\b", samples.sample(name).html)
