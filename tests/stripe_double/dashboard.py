"""The page at `/`: what Stripe's dashboard would show of the payments, for the person at a demo."""

import time
from html import escape
from urllib.parse import parse_qs

from . import intents, refunds
from .errors import Refusal
from .state import Body, State

SHOWN = 50  # payments, and as many events
STATUS_WORDS = {
    "requires_payment_method": "waiting for a card",
    "requires_confirmation": "waiting for confirmation",
    "requires_action": "waiting for 3-D Secure",
    "requires_capture": "authorized, not captured",
    "succeeded": "captured",
    "canceled": "cancelled",
}

NO_PAYMENT = "<p>No payment yet. Buy something in the shop.</p>"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stripe double dashboard</title>
<link rel="stylesheet" href="/dashboard.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
<h1>Stripe double dashboard</h1>
<p>A stand-in for Stripe on this machine. No card is charged and no money moves.
<a href="/">Reload</a> to see what is new.</p>
</header>
<main>
{notice}
<section aria-labelledby="payments">
<h2 id="payments">Payments</h2>
{payments}
</section>
<section aria-labelledby="events">
<h2 id="events">Events and their delivery</h2>
{events}
</section>
</main>
</body>
</html>
"""


def render(state: State, refused: str = "") -> str:
    """The whole page. Call it with the state locked."""
    payments = state.every("payment_intent")[:SHOWN]
    events = state.every("event")[:SHOWN]
    rows = "".join(_payment_row(state, intent) for intent in payments)
    happened = "".join(_event_row(state, event) for event in events)
    notice = f'<p class="refused" role="alert">{escape(refused)}</p>' if refused else ""
    return PAGE.format(
        notice=notice,
        payments=_payments_table(rows) if rows else NO_PAYMENT,
        events=_events_table(happened) if happened else "<p>Nothing has happened yet.</p>",
    )


def _payments_table(rows: str) -> str:
    return _table(
        "Payment intents, the newest first",
        ("Payment", "Status", "Amount", "Authorized", "Captured", "Refunded", "Card", "Act"),
        rows,
    )


def _events_table(rows: str) -> str:
    return _table("Events, the newest first", ("When (UTC)", "Event", "About", "Delivery"), rows)


def _table(caption: str, headings: tuple[str, ...], rows: str) -> str:
    cells = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table>'
        f"<caption>{caption}</caption><thead><tr>{cells}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _money(cents: int, currency: str) -> str:
    return f"{cents / 100:,.2f}&nbsp;{escape(currency.upper())}"


def _payment_row(state: State, intent: Body) -> str:
    charge = state.objects.get(intent["latest_charge"] or "", {})
    card = charge.get("payment_method_details", {}).get("card", {})
    notes = ", ".join(f"{name}: {value}" for name, value in intent["metadata"].items())
    status = STATUS_WORDS.get(intent["status"], intent["status"])
    amounts = (
        intent["amount"],
        intent["amount_capturable"],
        intent["amount_received"],
        _refunded(state, charge),
    )
    money = "".join(f'<td class="n">{_money(each, intent["currency"])}</td>' for each in amounts)
    return (
        f'<tr><th scope="row"><code>{intent["id"]}</code><small>{escape(notes)}</small></th>'
        f'<td><span class="status {intent["status"]}">{status}</span>'
        f"<small>{escape(_trouble(intent))}</small></td>{money}"
        f"<td>{escape(card.get('brand', ''))} {escape(card.get('last4', ''))}</td>"
        f"<td>{_buttons(intent, charge)}</td></tr>"
    )


def _refunded(state: State, charge: Body) -> int:
    """Cents that were captured and refunded; what was held and released does not count."""
    if not charge.get("captured"):
        return 0
    return int(charge["amount_captured"]) - refunds.refundable(state, charge)


def _trouble(intent: Body) -> str:
    error = intent["last_payment_error"] or {}
    return str(error.get("message", ""))


def _buttons(intent: Body, charge: Body) -> str:
    """What Stripe's dashboard would let a person do now."""
    acts: tuple[str, ...] = ()
    if intent["status"] == "requires_capture":
        acts = ("capture", "cancel")
    elif intent["status"] == "succeeded" and not charge["refunded"]:
        acts = ("refund",)
    elif intent["status"] in intents.OPEN:
        acts = ("cancel",)
    buttons = "".join(
        f'<button name="act" value="{act}" aria-label="{act} {intent["id"]}">{act}</button>'
        for act in acts
    )
    hidden = f'<input type="hidden" name="intent" value="{intent["id"]}">'
    return f'<form method="post" action="/">{hidden}{buttons}</form>' if acts else ""


def _event_row(state: State, event: Body) -> str:
    tries = [line for line in state.delivery_log if line["event"] == event["id"]]
    if tries:
        log = "".join(f"<li>{escape(_delivery(line))}</li>" for line in tries)
        delivery = f"<ol>{log}</ol>"
    else:
        delivery = "on its way" if event["pending_webhooks"] else "nobody listens"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event["created"]))
    return (
        f"<tr><td>{when}</td><td>{escape(event['type'])}<small><code>{event['id']}</code></small>"
        f"</td><td><code>{event['data']['object']['id']}</code></td><td>{delivery}</td></tr>"
    )


def _delivery(line: Body) -> str:
    status = f" ({line['status']})" if line["status"] else ""
    return f"attempt {line['attempt']}: {line['outcome']}{status}"


def act(state: State, form: str) -> str:
    """Capture, cancel or refund at Stripe; return the error, or nothing."""
    fields = {name: values[0] for name, values in parse_qs(form).items()}
    try:
        intent = state.find("payment_intent", fields.get("intent", ""), "intent")
        match fields.get("act"):
            case "capture":
                intents.capture(state, intent, {})
            case "cancel":
                intents.cancel(state, intent, {})
            case "refund":
                refunds.create_refund(state, {"payment_intent": intent["id"]})
            case other:
                return f"There is no act called {other}."
    except Refusal as refusal:
        return str(refusal)
    return ""
