"""The double as a program, as the demo runs it, and its dashboard."""

import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from .cards import CARDS, passes_luhn
from .control import Control
from .receiver import SECRET, Receiver

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def program(*options: str) -> Iterator[Control]:
    command = [sys.executable, "-m", "tests.stripe_double", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first_line = process.stdout.readline()
        try:
            yield Control(first_line.split()[-1])
        finally:
            process.terminate()
    assert process.returncode == 0


def pay_at(url: str) -> stripe.PaymentIntent:
    client = stripe.StripeClient("sk_test_double", base_addresses={"api": url})
    params = {"amount": 4200, "currency": "cad", "capture_method": "manual", "confirm": True}
    params |= {"payment_method": "pm_card_visa", "allowed_payment_method_types": ["card"]}
    return client.v1.payment_intents.create(params, {"idempotency_key": "attempt-1"})


def test_the_program_tells_the_shop_and_remembers_after_a_restart(tmp_path):
    file = str(tmp_path / "state.json")
    with Receiver() as shop:
        listen = ["--webhook-url", shop.url, "--webhook-secret", SECRET, "--state", file]
        with program(*listen) as double:
            held = pay_at(double.url)
            double.wait_until_idle()
            assert len(shop.events()) == 3
        with program(*listen) as double:
            assert pay_at(double.url).id == held.id  # its key was remembered too
            double.capture(held.id)
            double.wait_until_idle()
            assert shop.kinds()[3:] == ["charge.captured", "payment_intent.succeeded"]


def test_a_webhook_address_without_a_secret_is_refused():
    command = [sys.executable, "-m", "tests.stripe_double", "--webhook-url", "http://127.0.0.1/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--webhook-url and --webhook-secret go together" in done.stderr


def read(url: str, **form: str) -> tuple[int, str]:
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(url, data) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_the_dashboard_escapes_what_the_shop_wrote(double, pay):
    pay(metadata={"order": "<script>alert(1)</script>"})
    _, page = read(double.url)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_a_person_at_the_dashboard_captures_and_refunds(double, pay):
    held = pay()
    read(double.url, intent=held.id, act="capture")
    assert double.intents()[0]["amount_received"] == 4200
    read(double.url, intent=held.id, act="refund")
    assert [refund["amount"] for refund in double.refunds()] == [4200]
    status, page = read(double.url, intent=held.id, act="refund")
    assert (status, "has already been refunded" in page) == (400, True)
    assert len(double.refunds()) == 1


def test_the_dashboard_tells_a_refund_from_a_hold_that_was_released(double, pay):
    held, cancelled, parted = pay(), pay(), pay()
    double.cancel(cancelled.id)
    double.capture(parted.id, 4000)
    double.refund(parted.id, 500)
    _, page = read(double.url)

    def money(intent_id: str) -> list[str]:
        (row,) = re.findall(rf"<tr><th[^>]*><code>{intent_id}.*?</tr>", page)
        return re.findall(r'class="n">([\d.-]+)', row)

    assert money(held.id) == ["42.00", "42.00", "0.00", "0.00"]
    assert money(cancelled.id) == ["42.00", "0.00", "0.00", "0.00"]
    assert money(parted.id) == ["42.00", "0.00", "40.00", "5.00"]


def test_stripe_js_is_served_where_stripe_serves_it(double):
    for path in ("/v3/", "/endive/stripe.js", "/stripe.js"):
        status, script = read(double.url + path)
        assert (status, "window.Stripe = function" in script) == (200, True)
    assert double.js_url.endswith("/endive/stripe.js")


@pytest.mark.parametrize("path", ["/element.py", "/../server.py", "/v1/nothing", "/favicon.ico"])
def test_nothing_else_is_served(double, path):
    request = urllib.request.Request(
        double.url + path, headers={"Authorization": "Bearer sk_test_x"}
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    assert refusal.value.code == 404


def test_the_readme_lists_test_cards_that_do_what_it_says():
    text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\d{4} \d{4} \d{4} \d{4}) \| (.+) \|$", text, re.MULTILINE))
    known = {card.spaced: card.does for card in CARDS}
    assert len(listed) == 22
    assert listed == {number: known[number] for number in listed}


def test_every_test_card_has_a_valid_check_digit():
    assert [card.number for card in CARDS if not passes_luhn(card.number)] == []
