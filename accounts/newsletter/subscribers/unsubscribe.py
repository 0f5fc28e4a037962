"""Unsubscribing: one function, whichever way a person unsubscribes."""

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.newsletter.subscribers.models import Consent, Reason, Subscriber, SubscriberEvent
from accounts.newsletter.subscribers.states import SUBSCRIBER, SubscriberState
from accounts.newsletter.subscribers.suppression import suppress

#: Sent with `campaign_key` in the transaction that unsubscribes a person from a campaign.
unsubscribed = Signal()
#: Values of `how`.
LINK, MAIL_PROGRAM = "link", "email app"


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
