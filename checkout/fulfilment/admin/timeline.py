"""Everything that happened to an order, oldest first."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext

from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.money import format_cents

Entry = dict[str, Any]


def timeline(order: Order, emails: Iterable[Any]) -> list[Entry]:
    """Return state changes, notes, shipments, payments, refunds, documents, returns, alerts and
    emails as `at`, `text` or `note`, and perhaps `by`. Reads only what the page has loaded."""
    labels = dict(OrderState.choices)
    entries: list[Entry] = [{"at": order.date_placed, "text": _created(order)}]
    for change in order.status_changes.all():
        text = labels.get(change.new_status, change.new_status)
        entries.append({"at": change.date_created, "text": text})
    for note in order.notes.all():
        entries.append({"at": note.date_created, "note": note.message, "by": note.user})
    entries += [*_shipments(order), *_money(order), *_requests(order), *_emails(emails)]
    return sorted(entries, key=lambda entry: entry["at"])


def _created(order: Order) -> str:
    if order.is_staff_order:
        return gettext("Items and prices saved")
    return gettext("Order created at checkout")


def _shipments(order: Order) -> Iterator[Entry]:
    for event in order.shipping_events.all():
        items = ", ".join(
            f"{each.quantity} × {each.line.title}" for each in event.line_quantities.all()
        )
        carrier = f"{event.carrier} {event.tracking_number}".strip()
        text = gettext("Shipped: %(items)s") % {"items": items}
        text = f"{text} ({carrier})" if carrier else text
        yield {"at": event.date_created, "text": text, "by": event.by}


def _money(order: Order) -> Iterator[Entry]:
    for attempt in order.attempts.all():
        for each in attempt.transactions.all():
            text = f"{each.get_type_display()}: {format_cents(each.amount_cents)}"
            reason = f" ({each.reason})" if each.reason else ""
            yield {"at": each.created_at, "text": text + reason, "by": each.by}
            if each.failed_at:
                text = gettext("Refund returned by the bank: %(amount)s")
                text %= {"amount": format_cents(each.amount_cents)}
                yield {"at": each.failed_at, "text": text}
    for document in order.documents.all():
        text = f"{document.get_type_display()} {document.code}"
        yield {"at": document.issued_at, "text": text}
    for alert in order.payment_alerts.all():
        text = gettext("Payment alert: %(alert)s") % {"alert": alert}
        yield {"at": alert.created_at, "text": text}


def _requests(order: Order) -> Iterator[Entry]:
    for request in order.returns.all():
        text = gettext("Return %(number)s requested") % {"number": request.number}
        yield {"at": request.requested_at, "text": text}
    for withdrawal in order.withdrawals.all():
        text = gettext("Withdrawal %(number)s declared") % {"number": withdrawal.number}
        yield {"at": withdrawal.declared_at, "text": text}
    for notice in order.delay_notices.all():
        yield {"at": notice.sent_at, "text": gettext("Delay notice sent")}


def _emails(emails: Iterable[Any]) -> Iterator[Entry]:
    for email in emails:
        details = {"subject": email.subject or email.type_name, "state": email.get_state_display()}
        text = gettext("Email “%(subject)s”: %(state)s") % details
        yield {"at": email.sent_at or email.created_at, "text": text}
