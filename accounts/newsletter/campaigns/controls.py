"""What staff do with a campaign on its way, and where it stops or ends by itself."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.newsletter.campaigns.claims import drop_cancelled
from accounts.newsletter.models import Campaign, CampaignEvent, Delivery
from accounts.newsletter.states import CAMPAIGN, CampaignState, DeliveryState

if TYPE_CHECKING:
    from accounts.users.models import User

#: Attempts to reach the mail server, in a row, after which a campaign stops: about two hours.
SERVER_ATTEMPTS = 30
#: Seconds until the next attempt: the first time, and at most.
SERVER_WAIT = (5, 300)


def _locked(pk: int) -> Campaign:
    """Lock a campaign, without its long texts."""
    rows = Campaign.objects.select_for_update().defer("source", "body_text", "body_html")
    return rows.get(pk=pk)


def _move(
    pk: int, state: str, what: str, *, by: "User | None" = None, note: str = "", **more: object
) -> Campaign:
    """Move a locked campaign. Raises NotAllowed, and changes nothing, where it cannot."""
    row = _locked(pk)
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
    there = _locked(campaign.pk)
    onward = CampaignState.SENDING if there.prepared_at else CampaignState.PREPARING
    row = _move(campaign.pk, onward, "resumed", by=by, stop_reason="", recent_results="",
                server_failures=0, retry_at=None)  # fmt: skip
    return row


@transaction.atomic
def cancel(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Send no more, for good. What has left has left."""
    row = _move(
        campaign.pk, CampaignState.CANCELLED, "cancelled", by=by, finished_at=timezone.now()
    )
    drop_cancelled()
    return row


@transaction.atomic
def begin(campaign_id: int) -> bool:
    """Let a campaign whose hour has come be prepared; tell whether it was this call."""
    row = _locked(campaign_id)
    if (
        row.state != CampaignState.SCHEDULED
        or (row.scheduled_at or timezone.now()) > timezone.now()
    ):
        return False
    _move(row.pk, CampaignState.PREPARING, "being prepared")
    return True


@transaction.atomic
def note_results(campaign: Campaign, results: str) -> bool:
    """Remember how the latest emails went ("." sent, "x" not) and stop the campaign where too many
    failed; return whether it is still being sent."""
    row = _locked(campaign.pk)
    if results:
        recent = (row.recent_results + results)[-settings.NEWSLETTER_STOP_AFTER :]
        Campaign.objects.filter(pk=row.pk).update(
            recent_results=recent, server_failures=0, retry_at=None
        )
        failed, enough = recent.count("x"), len(recent) >= settings.NEWSLETTER_STOP_AFTER
        if enough and failed * 100 > settings.NEWSLETTER_STOP_SHARE * len(recent):
            return _stop(row, f"{failed} of the last {len(recent)} emails failed.")
    return row.state == CampaignState.SENDING


@transaction.atomic
def note_server_failure(campaign: Campaign, reason: str) -> None:
    """Wait before the mail server is asked again, twice as long each time; stop in the end."""
    row, now = _locked(campaign.pk), timezone.now()
    if row.retry_at is not None and row.retry_at > now:
        return  # another worker has just found the same
    failures = row.server_failures + 1
    wait = min(SERVER_WAIT[1], SERVER_WAIT[0] * 2 ** min(failures - 1, 8))
    Campaign.objects.filter(pk=row.pk).update(
        server_failures=failures, retry_at=now + timedelta(seconds=wait)
    )
    if failures >= SERVER_ATTEMPTS:
        _stop(row, f"The mail server was unavailable {failures} times in a row ({reason}).")


def _stop(row: Campaign, reason: str) -> bool:
    if row.state == CampaignState.SENDING:
        _move(row.pk, CampaignState.STOPPED, "stopped automatically", note=reason,
              stop_reason=reason[:200])  # fmt: skip
    return False


@transaction.atomic
def finish_if_done(campaign: Campaign) -> bool:
    """Mark a campaign as sent once nothing of it waits; tell whether it is over.

    Letters in doubt do not hold it up: they are named, and wait for a person or a report.
    """
    row = _locked(campaign.pk)
    if row.state != CampaignState.SENDING:
        return True
    open_ = Q(state__in=(DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING))
    if Delivery.objects.filter(open_, campaign=row).exists():
        return False
    count = dict(
        Delivery.objects.filter(campaign=row).order_by().values_list("state").annotate(Count("pk"))
    )
    words = ", ".join(f"{n:,} {DeliveryState(state).label}" for state, n in sorted(count.items()))
    _move(row.pk, CampaignState.SENT, "sent", note=words, finished_at=timezone.now())
    return True
