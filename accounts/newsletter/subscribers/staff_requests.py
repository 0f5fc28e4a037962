"""Requests that staff fulfil for a person. Each records who did it."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.newsletter.subscribers import preferences
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.models import Consent, Reason, Source, Subscriber
from accounts.newsletter.subscribers.subscriptions import sign_up as sign_up_by_email
from accounts.newsletter.subscribers.suppression import allow_sign_up, suppress
from accounts.newsletter.subscribers.unsubscribe import unsubscribe


def note(subscriber: Subscriber, what: str, text: str, *, by: str) -> None:
    """Store a note. It is part of the data that the person gets on request."""
    subscriber.events.create(what=what[:60], note=text[:200], by=by[:60])


@transaction.atomic
def pause(subscriber: Subscriber, until: date, *, how: str, by: str) -> None:
    """Pause emails until a day."""
    preferences.pause(subscriber, until)
    note(subscriber, f"pause requested: {how}", "", by=by)


@transaction.atomic
def sign_up(email: str, *, topics: Iterable[str], text: str, name: str, how: str, by: str) -> bool:
    """Sign a person up on request, and email them a confirmation link.

    `text` is what they wrote, or what was read to them. Lifts "do not contact", which still
    counts only once they confirm. False: the daily limit of emails to this address was reached,
    and nothing was done.
    """
    consents = Consent.objects.filter(email_hash=hash_email(email), source=Source.STAFF)
    before = consents.count()
    allow_sign_up(email, note=f"signed up again: {how}")
    details = {"name": name} if name else {}
    sign_up_by_email(email, topics=topics, source=Source.STAFF, text=text, details=details)
    newest = consents.order_by("-pk").select_related("subscriber").first()
    if newest is None or newest.subscriber is None or consents.count() == before:
        transaction.set_rollback(True)
        return False
    newest.origin = f"{how}, noted by {by}"[:200]
    newest.save(update_fields=["origin"])
    note(newest.subscriber, f"signed up: {how}", "", by=by)
    return True


@transaction.atomic
def do_not_contact(email: str, *, how: str, by: str) -> None:
    """Never email an address again, even if it is signed up: only staff can lift this."""
    found = Subscriber.objects.filter(email=normalize_email(email)).first()
    if found is not None:
        unsubscribe(found, how=how, by=by)
        note(found, f"do not contact: {how}", "", by=by)
    suppress(email, Reason.STAFF, note=f"{how}, noted by {by}")
