"""Requests that staff fulfil for a person. Each records who did it."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.email_addresses import normalize_email
from accounts.newsletter.subscribers import preferences, subscriptions
from accounts.newsletter.subscribers.models import Reason, Source, Subscriber
from accounts.newsletter.subscribers.unsubscribe import allow_sign_up, suppress, unsubscribe


def note(subscriber: Subscriber, what: str, text: str = "", *, by: str) -> None:
    """Store a note. It is part of the data that the person gets on request."""
    subscriber.events.create(what=what[:60], note=text[:200], by=by[:60])


@transaction.atomic
def pause(subscriber: Subscriber, until: date, *, how: str, by: str) -> None:
    """Pause emails until a day."""
    preferences.pause(subscriber, until)
    note(subscriber, f"pause requested: {how}", by=by)


@transaction.atomic
def sign_up(email: str, *, topics: Iterable[str], text: str, name: str, how: str, by: str) -> bool:
    """Sign a person up on request, and email them a confirmation link.

    `text` is what they wrote, or what was read to them. Lifts "do not contact", which still
    counts only once they confirm. False: the daily limit of emails to this address was reached,
    and nothing was done.
    """
    subscriber = subscriptions.get_locked(normalize_email(email))  # before its suppression
    allow_sign_up(email, note=f"signed up again: {how}")
    consent = subscriptions.sign_up(
        email, topics=topics, source=Source.STAFF, text=text, details={"name": name}
    )
    if consent is None:
        transaction.set_rollback(True)
        return False
    consent.origin = f"{how}, noted by {by}"[:200]
    consent.save(update_fields=["origin"])
    note(subscriber, f"signed up: {how}", by=by)
    return True


@transaction.atomic
def do_not_contact(email: str, *, how: str, by: str) -> None:
    """Never email an address again, even if it is signed up: only staff can lift this."""
    if found := Subscriber.objects.filter(email=normalize_email(email)).first():
        unsubscribe(found, how=how, by=by)
        note(found, f"do not contact: {how}", by=by)
    suppress(email, Reason.STAFF, note=f"{how}, noted by {by}")
