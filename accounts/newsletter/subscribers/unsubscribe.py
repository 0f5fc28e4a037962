"""Unsubscribing, whichever way a person does it, and the suppression list.

A suppressed address gets no campaign, whatever an import says.
"""

from collections.abc import Iterable

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.email_addresses import hash_email
from accounts.newsletter.subscribers.models import (
    SUBSCRIBER,
    Consent,
    Reason,
    Subscriber,
    SubscriberEvent,
    SubscriberState,
    Suppression,
)

#: Sent with `campaign_key` in the transaction that unsubscribes a person from a campaign.
unsubscribed = Signal()
#: Values of `how`.
LINK, EMAIL_APP = "link", "email app"


@transaction.atomic
def unsubscribe(subscriber: Subscriber, *, how: str, by: str = "", campaign_key: str = "") -> bool:
    """Unsubscribe a person at once; return whether they were subscribed.

    `how` names the route, `by` the member of staff (empty: themselves), `campaign_key` the campaign
    whose link they used. All consents end, also unconfirmed ones, and no import brings the address
    back. A second call changes nothing.
    """
    row = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if row is None or row.state == SubscriberState.UNSUBSCRIBED:
        return False
    SUBSCRIBER.check(row.state, SubscriberState.UNSUBSCRIBED)
    now = timezone.now()
    row.state, row.unsubscribed_at, row.paused_until = SubscriberState.UNSUBSCRIBED, now, None
    row.save(update_fields=["state", "unsubscribed_at", "paused_until"])
    Consent.objects.filter(subscriber=row, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_how=how[:60]
    )
    suppress(row.email, Reason.UNSUBSCRIBED, note=how)
    event = SubscriberEvent(subscriber=row, what=f"unsubscribed: {how}"[:60], by=by)
    if campaign_key:
        for _, title in unsubscribed.send(unsubscribe, campaign_key=campaign_key):
            event.note = f"campaign: {title}"[:200] if title else ""
    event.save()
    subscriber.refresh_from_db()
    return True


# --- Suppression list -----------------------------------------------------------------------------


def suppress(email: str, reason: Reason, *, note: str = "") -> None:
    """Suppress an address. A second reason changes nothing, except `STAFF`."""
    row = Suppression(email_hash=hash_email(email), reason=reason, note=note[:200])
    if reason == Reason.STAFF:
        values = {"reason": row.reason, "note": row.note}
        Suppression.objects.update_or_create(values, email_hash=row.email_hash)
    else:
        Suppression.objects.bulk_create([row], ignore_conflicts=True)


def lift(email: str) -> bool:
    """Lift a suppression that a new confirmation outweighs; return whether the address is free.

    "Do not contact" is lifted by staff only.
    """
    found = Suppression.objects.filter(email_hash=hash_email(email))
    found.exclude(reason=Reason.STAFF).delete()
    return not found.exists()


def allow_sign_up(email: str, *, note: str) -> None:
    """Turn "do not contact" into "unsubscribed": from now on a confirmation counts."""
    row = Suppression.objects.filter(email_hash=hash_email(email), reason=Reason.STAFF)
    row.update(reason=Reason.UNSUBSCRIBED, note=note[:200])


def suppressed(emails: Iterable[str]) -> set[str]:
    """Return those of some addresses that are suppressed: one query."""
    by_hash = {hash_email(email): email for email in emails}
    found = Suppression.objects.filter(email_hash__in=by_hash)
    return {by_hash[each] for each in found.values_list("email_hash", flat=True)}
