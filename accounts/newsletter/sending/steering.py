"""What staff do with a campaign on its way, and where it stops or ends by itself."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.newsletter.models import Campaign, CampaignEvent, Delivery, Runner
from accounts.newsletter.sending import runners
from accounts.newsletter.sending.outcomes import drop_cancelled
from accounts.newsletter.states import CAMPAIGN, CampaignState, DeliveryState

if TYPE_CHECKING:
    from accounts.users.models import User

#: Tries to reach the mail server, in a row, after which a campaign stops: about two hours.
SERVER_TRIES = 30


def _move(
    pk: int, state: str, what: str, *, by: "User | None" = None, note: str = "", **more: object
) -> Campaign:
    """Move a locked campaign. Raises NotAllowed, and changes nothing, where it cannot."""
    row = Campaign.objects.select_for_update().get(pk=pk)
    CAMPAIGN.check(row.state, state)
    Campaign.objects.filter(pk=pk).update(state=state, **more)
    CampaignEvent.objects.create(campaign=row, what=what, note=note[:200], by=by)
    row.refresh_from_db()
    return row


@transaction.atomic
def pause(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Send no more until it is resumed; letters in hand, ten at most for a worker, still go."""
    return _move(campaign.pk, CampaignState.PAUSED, "paused", by=by)


@transaction.atomic
def resume(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Go on where it was paused, or had stopped."""
    there = Campaign.objects.select_for_update().get(pk=campaign.pk)
    onward = CampaignState.SENDING if there.prepared_at else CampaignState.PREPARING
    row = _move(campaign.pk, onward, "resumed", by=by, stop_reason="")
    runners.forget_failures(row)
    transaction.on_commit(go_on)
    return row


@transaction.atomic
def cancel(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Send no more, for good. What has left has left."""
    row = _move(
        campaign.pk, CampaignState.CANCELLED, "cancelled", by=by, finished_at=timezone.now()
    )
    drop_cancelled(row.pk)
    return row


def go_on() -> None:
    """Let a worker look after campaigns now instead of at beat's next turn."""
    from accounts.newsletter.tasks import look_after

    try:
        look_after.apply_async(retry=False)
    except Exception:  # beat will
        return


@transaction.atomic
def begin(campaign_id: int) -> bool:
    """Let a campaign whose hour has come be prepared; tell whether it was this call."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    if (
        row.state != CampaignState.SCHEDULED
        or (row.scheduled_at or timezone.now()) > timezone.now()
    ):
        return False
    _move(row.pk, CampaignState.PREPARING, "being prepared")
    return True


@transaction.atomic
def stop_if_failing(campaign: Campaign) -> bool:
    """Stop a campaign of whose last letters too many failed, or whose server is not to be had."""
    rows = Runner.objects.filter(campaign=campaign).values_list("recent", "tries")
    recent, tries = "".join(one for one, _ in rows), max((n for _, n in rows), default=0)
    failed = recent.count("x")
    if tries >= SERVER_TRIES:
        reason = f"The mail server was not reached {tries} times in a row."
    elif len(
        recent
    ) >= settings.NEWSLETTER_STOP_AFTER and failed * 100 > settings.NEWSLETTER_STOP_SHARE * len(
        recent
    ):
        reason = f"{failed} of the last {len(recent)} letters failed."
    else:
        return False
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state == CampaignState.SENDING:
        _move(row.pk, CampaignState.STOPPED, "stopped by itself", note=reason, stop_reason=reason)
    return True


@transaction.atomic
def finish_if_done(campaign: Campaign) -> bool:
    """Mark a campaign as sent once nothing of it waits; tell whether it is over.

    Letters in doubt do not hold it up: they are named, and wait for a person or a report.
    """
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state != CampaignState.SENDING:
        return True
    open_ = Q(state__in=(DeliveryState.QUEUED, DeliveryState.CLAIMED))
    if Delivery.objects.filter(open_, campaign=row).exists():
        return False
    count = dict(
        Delivery.objects.filter(campaign=row).order_by().values_list("state").annotate(Count("pk"))
    )
    words = ", ".join(f"{n:,} {DeliveryState(state).label}" for state, n in sorted(count.items()))
    _move(row.pk, CampaignState.SENT, "sent", note=words, finished_at=timezone.now())
    return True
