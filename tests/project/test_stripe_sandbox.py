"""docs/stripe-sandbox.md names what the shop really uses: events, API version, cards, variables."""

import re
from pathlib import Path

import stripe

from checkout.settlement.settle import RELEVANT_EVENTS
from microflight.settings import STRIPE_API_BASE
from tests.stripe_double.cards import CARDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "stripe-sandbox.md"


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_event_that_the_shop_follows_is_subscribed_to_and_no_other():
    listed = re.findall(r"^- `([a-z_.]+)`", page(), re.MULTILINE)
    assert sorted(listed) == sorted(RELEVANT_EVENTS)
    (command,) = re.findall(r"--events ([a-z_.,]+)", page())
    assert command == ",".join(sorted(RELEVANT_EVENTS))


def test_webhook_version_is_the_one_that_the_library_pins():
    assert set(re.findall(r"\d{4}-\d\d-\d\d\.[a-z]+", page())) == {stripe.api_version}
    assert STRIPE_API_BASE == "https://api.stripe.com"  # each call sends the library's version


def test_test_cards_do_what_the_page_says():
    rows = re.findall(r"^\| ((?:\d{4} ){3}\d{4}) \| ([^|]+) \|", page(), re.MULTILINE)
    known = {card.spaced: card.does for card in CARDS}
    assert dict(rows) == {number: known[number] for number, _ in rows}
    in_steps = set(re.findall(r"(?:\d{4} ){3}\d{4}", page()))
    assert in_steps == {number for number, _ in rows}


def test_variables_are_those_of_the_example_file():
    known = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:STRIPE|VAR|SITE)_[A-Z_]+\b", page()))
    assert named >= {"STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"}
    assert [name for name in named if f"{name}=" not in known] == []


def test_readme_and_operations_lead_to_the_page():
    assert "(docs/stripe-sandbox.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "(stripe-sandbox.md)" in operations
