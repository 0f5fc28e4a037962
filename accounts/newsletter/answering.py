"""What staff do for somebody who wrote or rang. Each act names who did it."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.newsletter import preferences
from accounts.newsletter.leaving import leave
from accounts.newsletter.models import (
    Consent,
    Reason,
    Source,
    Subscriber,
    SubscriberEvent,
    digest_of,
    normal,
)
from accounts.newsletter.subscribing import ask
from accounts.newsletter.suppression import reopen, suppress


def note(subscriber: Subscriber, what: str, words: str, *, by: str) -> None:
    """Write down what somebody said; it is part of what they get when they ask for their data."""
    SubscriberEvent.objects.create(
        subscriber=subscriber, what=what[:60], note=words[:200], by=by[:60]
    )


@transaction.atomic
def pause(subscriber: Subscriber, until: date, *, how: str, by: str) -> None:
    """Let letters rest until a day, as they asked."""
    preferences.pause(subscriber, until)
    note(subscriber, f"asked for a pause: {how}", "", by=by)


@transaction.atomic
def sign_up(
    email: str, *, topics: Iterable[str], wording: str, name: str, how: str, by: str
) -> bool:
    """Note that somebody asked for letters in a letter or a call, and ask them by mail to confirm.

    `wording` is what they wrote, or what was read to them. Who once said "never again" has changed
    their mind, which still counts only once they confirm it. False: enough letters went to this
    address today, nothing was done.
    """
    asked = Consent.objects.filter(digest=digest_of(email), source=Source.STAFF)
    before = asked.count()
    reopen(email, note=f"asked anew: {how}")
    details = {"name": name} if name else {}
    ask(email, topics=topics, source=Source.STAFF, wording=wording, details=details)
    newest = asked.order_by("-pk").select_related("subscriber").first()
    if newest is None or newest.subscriber is None or asked.count() == before:
        transaction.set_rollback(True)
        return False
    newest.origin = f"{how}, noted by {by}"[:200]
    newest.save(update_fields=["origin"])
    note(newest.subscriber, f"signed up: {how}", "", by=by)
    return True


@transaction.atomic
def never_again(email: str, *, how: str, by: str) -> None:
    """Write to an address no more, whoever signs it up: only staff let it ask anew."""
    found = Subscriber.objects.filter(email=normal(email)).first()
    if found is not None:
        leave(found, how=how, by=by)
        note(found, f"never again: {how}", "", by=by)
    suppress(email, Reason.STAFF, note=f"{how}, noted by {by}")
