"""Pauses, resumes and cancels a campaign; stops or finishes it automatically.

It also resolves uncertain deliveries.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.newsletter.campaigns.claims import drop_cancelled
from accounts.newsletter.campaigns.models import Campaign, CampaignEvent, Delivery
from accounts.newsletter.campaigns.states import CAMPAIGN, CampaignState, DeliveryState
from microflight.core import page_cache

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
    """Move a campaign to a state. Raises NotAllowed, and changes nothing, where it cannot."""
    row = _locked(pk)
    CAMPAIGN.check(row.state, state)
    Campaign.objects.filter(pk=pk).update(state=state, **more)
    CampaignEvent.objects.create(campaign=row, what=what, note=note[:200], by=by)
    row.refresh_from_db()
    return row


@transaction.atomic
def pause(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Stop sending until it is resumed. A worker still sends what it has claimed: ten at most."""
    return _move(campaign.pk, CampaignState.PAUSED, "paused", by=by)


@transaction.atomic
def resume(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Continue a campaign that was paused or stopped."""
    is_prepared = _locked(campaign.pk).prepared_at
    state = CampaignState.SENDING if is_prepared else CampaignState.PREPARING
    fresh: dict[str, Any] = {"stop_reason": "", "recent_results": "", "server_failures": 0}
    return _move(campaign.pk, state, "resumed", by=by, retry_at=None, **fresh)


@transaction.atomic
def cancel(campaign: Campaign, by: "User | None" = None) -> Campaign:
    """Stop sending permanently."""
    finished = timezone.now()
    row = _move(campaign.pk, CampaignState.CANCELLED, "cancelled", by=by, finished_at=finished)
    drop_cancelled()
    return row


@transaction.atomic
def set_public(campaign: Campaign, is_public: bool, by: "User") -> None:
    """Show a campaign in the archive, or hide it."""
    Campaign.objects.filter(pk=campaign.pk).update(is_public=is_public)
    what = "added to the archive" if is_public else "removed from the archive"
    CampaignEvent.objects.create(campaign=campaign, what=what, by=by)
    page_cache.invalidate()


@transaction.atomic
def begin(campaign_id: int) -> bool:
    """Start preparing a campaign that is due; return whether this call did it."""
    row, now = _locked(campaign_id), timezone.now()
    if row.state != CampaignState.SCHEDULED or (row.scheduled_at or now) > now:
        return False
    _move(row.pk, CampaignState.PREPARING, "preparing")
    return True


@transaction.atomic
def note_results(campaign: Campaign, results: str) -> bool:
    """Store how the latest emails went ("." sent, "x" not) and stop the campaign where too many
    failed; return whether it is still being sent."""
    row = _locked(campaign.pk)
    if results:
        recent = (row.recent_results + results)[-settings.NEWSLETTER_STOP_AFTER :]
        Campaign.objects.filter(pk=row.pk).update(
            recent_results=recent, server_failures=0, retry_at=None
        )
        failed, enough = recent.count("x"), len(recent) >= settings.NEWSLETTER_STOP_AFTER
        if enough and failed * 100 > settings.NEWSLETTER_STOP_SHARE * len(recent):
            counts = {"failed": failed, "count": len(recent)}
            return _stop(row, _("%(failed)d of the last %(count)d emails failed.") % counts)
    return row.state == CampaignState.SENDING


@transaction.atomic
def note_server_failure(campaign: Campaign, reason: str) -> None:
    """Wait before the mail server is tried again, twice as long each time; stop in the end."""
    row, now = _locked(campaign.pk), timezone.now()
    if row.retry_at is not None and row.retry_at > now:
        return  # another worker has just found the same
    failures = row.server_failures + 1
    wait = min(SERVER_WAIT[1], SERVER_WAIT[0] * 2 ** min(failures - 1, 8))
    Campaign.objects.filter(pk=row.pk).update(
        server_failures=failures, retry_at=now + timedelta(seconds=wait)
    )
    if failures >= SERVER_ATTEMPTS:
        text = _("The mail server was unavailable %(count)d times in a row (%(reason)s).")
        _stop(row, text % {"count": failures, "reason": reason})


def _stop(row: Campaign, reason: str) -> bool:
    if row.state == CampaignState.SENDING:
        what, text = "stopped automatically", reason[:200]
        _move(row.pk, CampaignState.STOPPED, what, note=text, stop_reason=text)
    return False


@transaction.atomic
def finish_if_done(campaign: Campaign) -> None:
    """Mark a campaign as sent once nothing is left to send. Uncertain deliveries do not
    prevent it: staff or a provider's report resolve them later."""
    row = _locked(campaign.pk)
    rows = Delivery.objects.filter(campaign=row)
    open_states = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING)
    if row.state != CampaignState.SENDING or rows.filter(state__in=open_states).exists():
        return
    count = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    note = ", ".join(f"{n:,} {DeliveryState(state).label}" for state, n in sorted(count.items()))
    _move(row.pk, CampaignState.SENT, "sent", note=note, finished_at=timezone.now())


# --- Uncertain deliveries ------------------------------------------------------------------------


@transaction.atomic
def mark_as_sent(pks: Iterable[int], by: "User | None" = None) -> int:
    """Mark uncertain deliveries as sent; return how many were uncertain."""
    rows = _locked_uncertain(pks)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.SENT, sent_at=timezone.now(), reason=_("Marked as sent by staff")
    )
    _log(rows, "uncertain deliveries marked as sent", by)
    return len(rows)


@transaction.atomic
def send_again(pks: Iterable[int], by: "User | None" = None) -> int:
    """Send uncertain deliveries again, under the same Message-ID; return how many were uncertain.

    A campaign that was sent is reopened for them; a cancelled one stays cancelled.
    """
    rows = [row for row in _locked_uncertain(pks) if row.campaign.state != CampaignState.CANCELLED]
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.QUEUED, claimed_by="", claimed_at=None, next_try_at=None, reason=""
    )
    for pk in sorted({row.campaign_id for row in rows}):
        if _locked(pk).state == CampaignState.SENT:
            Campaign.objects.filter(pk=pk).update(state=CampaignState.SENDING)
    _log(rows, "uncertain deliveries sent again", by)
    return len(rows)


def _locked_uncertain(pks: Iterable[int]) -> list[Delivery]:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("campaign")
    short = rows.only("campaign_id", "campaign__state")  # not the content with each of its rows
    return list(short.filter(pk__in=pks, state=DeliveryState.UNCERTAIN).order_by("pk"))


def _log(rows: list[Delivery], what: str, by: "User | None") -> None:
    for pk in sorted({row.campaign_id for row in rows}):
        note = str(sum(row.campaign_id == pk for row in rows))
        CampaignEvent.objects.create(campaign_id=pk, what=what, by=by, note=note)
