"""Which deliveries a worker has claimed. Claims are stored in the database only, not on disk.

A claim is committed before the email is sent. `CLAIMED` means that nothing was handed to the mail
server yet, `SENDING` that it may have been: each worker has at most one of those. Every later
change names the worker, so that a worker whose claim was released changes nothing.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.newsletter.campaigns.audience import skip_reasons
from accounts.newsletter.campaigns.models import Campaign, CampaignState, Delivery, DeliveryState
from accounts.newsletter.campaigns.transport import Result
from accounts.newsletter.subscribers.models import Subscriber

#: A claim this old belongs to a dead worker. A live one ends its job within seconds, or after the
#: timeouts of a mail server that hangs.
CLAIM_TIMEOUT = timedelta(minutes=2)
#: Minutes until the next attempt after each temporary failure. After the last, a day later, the
#: email has failed.
BACK_OFF = (2, 10, 30, 120, 360, 960)
_RELEASED: dict[str, Any] = {"state": DeliveryState.QUEUED, "claimed_by": "", "claimed_at": None}


def claimable(campaign: Campaign) -> "QuerySet[Delivery]":
    """Return the deliveries that may be sent now."""
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=timezone.now())
    rows = campaign.deliveries.filter(is_due, state=DeliveryState.QUEUED)
    if campaign.subject_b and not campaign.winner:
        rows = rows.exclude(variant="")  # these wait for the winner
    return rows


def _locked(rows: "QuerySet[Delivery]") -> "QuerySet[Delivery]":
    """Lock rows in the order of their keys and skip those that others hold: no deadlocks."""
    return rows.select_for_update(of=("self",), skip_locked=True).order_by("pk")


@transaction.atomic
def _update(rows: "QuerySet[Delivery]", **values: Any) -> int:
    pks = list(_locked(rows).values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=pks).update(**values)


@transaction.atomic
def claim(campaign: Campaign, worker: str, count: int) -> list[Delivery]:
    """Claim up to `count` deliveries whose subscribers still want the email; skip the others.

    Empty where the campaign is not being sent, or nothing may be sent now.
    """
    if not Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SENDING).exists():
        return []
    claimed: list[Delivery] = []
    while not claimed:  # ten people in a row may have unsubscribed
        rows = list(_locked(claimable(campaign).select_related("subscriber"))[:count])
        if not rows:
            break
        claimed = _skip_unwanted(campaign, rows)
    Delivery.objects.filter(pk__in=[row.pk for row in claimed]).update(
        state=DeliveryState.CLAIMED, claimed_by=worker, claimed_at=timezone.now()
    )
    return claimed


def _skip_unwanted(campaign: Campaign, rows: list[Delivery]) -> list[Delivery]:
    """Return the deliveries to send; mark the others as skipped, with the reason."""
    reasons = skip_reasons(campaign, [row.subscriber for row in rows if row.subscriber])
    wanted = []
    for row in rows:
        reason = reasons.get(row.subscriber.pk, "") if row.subscriber else _("Erased")
        if reason:
            Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.SKIPPED, reason=reason)
        else:
            wanted.append(row)
    return wanted


def start(delivery: Delivery, campaign: Campaign, worker: str) -> bool:
    """Commit that an email is about to be sent; return whether it may be.

    False: the claim was taken back, or the person unsubscribed a moment ago.
    """
    people = Subscriber.objects.reachable().filter(topics=campaign.topic_id)
    rows = Delivery.objects.filter(pk=delivery.pk, claimed_by=worker, state=DeliveryState.CLAIMED)
    wanted = rows.filter(subscriber__in=people)
    return bool(wanted.update(state=DeliveryState.SENDING, claimed_at=timezone.now()))


def record(delivery: Delivery, worker: str, result: Result) -> None:
    """Store what became of an email. A provider's report that came first wins."""
    now = timezone.now()
    changes: dict[str, Any] = {"state": result.state, "reason": result.reason[:200]}
    if result.state == DeliveryState.SENT:
        changes["sent_at"] = now
    elif result.state == DeliveryState.QUEUED:
        changes |= _RELEASED
        if result.attempted:
            changes["next_try_at"] = now + timedelta(minutes=BACK_OFF[delivery.attempts])
    open_states = (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    rows = Delivery.objects.filter(pk=delivery.pk, claimed_by=worker, state__in=open_states)
    rows.update(attempts=F("attempts") + int(result.attempted), **changes)


def release(worker: str) -> None:
    """Return claims that were not started to the queue."""
    _update(Delivery.objects.filter(claimed_by=worker, state=DeliveryState.CLAIMED), **_RELEASED)


@transaction.atomic
def recover() -> int:
    """Release the claims of dead workers; return how many deliveries are uncertain now."""
    old = Delivery.objects.filter(claimed_at__lt=timezone.now() - CLAIM_TIMEOUT)
    _update(old.filter(state=DeliveryState.CLAIMED), **_RELEASED)
    reason = _("The worker died while it was sending this email.")
    started = old.filter(state=DeliveryState.SENDING)
    return _update(started, state=DeliveryState.UNCERTAIN, reason=reason)


def drop_cancelled() -> None:
    """Skip what is still queued of cancelled campaigns, also what a worker released later."""
    rows = Delivery.objects.filter(
        campaign__state=CampaignState.CANCELLED, state=DeliveryState.QUEUED
    )
    _update(rows, state=DeliveryState.SKIPPED, reason=_("Campaign cancelled"))
