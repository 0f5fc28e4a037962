"""Pauses, resumes and cancels a campaign; stops or finishes it automatically.

It also chooses the winning subject and resolves uncertain deliveries.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.newsletter.campaigns.claims import drop_cancelled
from accounts.newsletter.campaigns.models import (
    CAMPAIGN,
    Campaign,
    CampaignEvent,
    CampaignState,
    Delivery,
    DeliveryState,
)
from accounts.users.models import User
from microflight.core import page_cache

#: Attempts to reach the mail server, in a row, after which a campaign stops: about two hours.
SERVER_ATTEMPTS = 30
#: Seconds until the next attempt: the first time, and at most.
SERVER_WAIT = (5, 300)


def _locked(pk: int) -> Campaign:
    return Campaign.objects.without_content().select_for_update().get(pk=pk)


def _move(
    row: Campaign,
    state: str,
    what: str,
    *,
    by: User | None = None,
    note: str = "",
    **more: object,
) -> Campaign:
    """Move a locked campaign to a state. Raises NotAllowed, and changes nothing, if it cannot."""
    CAMPAIGN.check(row.state, state)
    Campaign.objects.filter(pk=row.pk).update(state=state, **more)
    row.events.create(what=what, note=note[:200], by=by)
    row.refresh_from_db()
    return row


@transaction.atomic
def pause(campaign: Campaign, by: User | None = None) -> Campaign:
    """Stop sending until it is resumed. A worker still sends what it has claimed: ten at most."""
    return _move(_locked(campaign.pk), CampaignState.PAUSED, "paused", by=by)


@transaction.atomic
def resume(campaign: Campaign, by: User | None = None) -> Campaign:
    """Continue a campaign that was paused or stopped."""
    row = _locked(campaign.pk)
    state = CampaignState.SENDING if row.prepared_at else CampaignState.PREPARING
    fresh: dict[str, Any] = {
        "stop_reason": "",
        "recent_results": "",
        "server_failures": 0,
        "retry_at": None,
    }
    return _move(row, state, "resumed", by=by, **fresh)


@transaction.atomic
def cancel(campaign: Campaign, by: User | None = None) -> Campaign:
    """Stop sending permanently."""
    row, now = _locked(campaign.pk), timezone.now()
    row = _move(row, CampaignState.CANCELLED, "cancelled", by=by, finished_at=now)
    drop_cancelled()
    return row


@transaction.atomic
def set_public(campaign: Campaign, is_public: bool, by: User) -> None:
    """Show a campaign in the archive, or hide it."""
    Campaign.objects.filter(pk=campaign.pk).update(is_public=is_public)
    what = "added to the archive" if is_public else "removed from the archive"
    campaign.events.create(what=what, by=by)
    page_cache.invalidate()


@transaction.atomic
def begin(campaign_id: int) -> bool:
    """Start preparing a campaign that is due; return whether this call did it."""
    row, now = _locked(campaign_id), timezone.now()
    if row.state != CampaignState.SCHEDULED or (row.scheduled_at or now) > now:
        return False
    _move(row, CampaignState.PREPARING, "preparing")
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
        failed, count = recent.count("x"), len(recent)
        is_enough = count >= settings.NEWSLETTER_STOP_AFTER
        if is_enough and failed * 100 > settings.NEWSLETTER_STOP_SHARE * count:
            text = ngettext(
                "%(failed)d of the last %(count)d email failed.",
                "%(failed)d of the last %(count)d emails failed.",
                count,
            )
            _stop(row, text % {"failed": failed, "count": count})
            return False
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
        text = ngettext(
            "The mail server was unavailable %(count)d time in a row (%(reason)s).",
            "The mail server was unavailable %(count)d times in a row (%(reason)s).",
            failures,
        )
        _stop(row, text % {"count": failures, "reason": reason})


def _stop(row: Campaign, reason: str) -> None:
    if row.state == CampaignState.SENDING:
        what, text = "stopped automatically", reason[:200]
        _move(row, CampaignState.STOPPED, what, note=text, stop_reason=text)


@transaction.atomic
def finish_if_done(campaign: Campaign) -> None:
    """Mark a campaign as sent once nothing is left to send. Uncertain deliveries do not
    prevent it: staff or a provider's report resolve them later."""
    row = _locked(campaign.pk)
    open_states = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING)
    is_open = row.deliveries.filter(state__in=open_states).exists()
    if row.state != CampaignState.SENDING or is_open:
        return
    count = dict(row.deliveries.values_list("state").annotate(Count("pk")))
    note = ", ".join(f"{n:,} {DeliveryState(state).label}" for state, n in sorted(count.items()))
    _move(row, CampaignState.SENT, "sent", note=note, finished_at=timezone.now())


@transaction.atomic
def choose_winner(campaign: Campaign) -> str:
    """Return the winner of a test of two subjects that is over, and store it; "" while it runs.

    Clicks are compared with emails sent; a tie goes to the first subject. Only clicks of
    subscribers who agreed to it are counted.
    """
    row, now = _locked(campaign.pk), timezone.now()
    is_running = now < (row.started_at or now) + timedelta(hours=row.test_hours)
    if row.winner or not row.subject_b or is_running:
        return row.winner
    sent = {"a": 0, "b": 0}
    rows = row.deliveries.filter(state=DeliveryState.SENT)
    sent.update(rows.values_list("variant").annotate(Count("pk")))
    clicks = row.links.aggregate(a=Sum("clicks_a", default=0), b=Sum("clicks_b", default=0))
    # multiplied out: no division by zero
    row.winner = "b" if clicks["b"] * sent["a"] > clicks["a"] * sent["b"] else "a"
    row.save(update_fields=["winner"])
    shares = ", ".join(f"{name} {clicks[name]} of {sent[name]}" for name in ("a", "b"))
    row.events.create(what="subject chosen", note=f"{row.winner} (clicks of emails: {shares})")
    return row.winner


# --- Uncertain deliveries ------------------------------------------------------------------------


@transaction.atomic
def mark_as_sent(pks: Iterable[int], by: User | None = None) -> int:
    """Mark uncertain deliveries as sent; return how many were uncertain."""
    rows = _locked_uncertain(pks)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.SENT, sent_at=timezone.now(), reason=_("Marked as sent by staff")
    )
    _log(rows, "uncertain deliveries marked as sent", by)
    return len(rows)


@transaction.atomic
def send_again(pks: Iterable[int], by: User | None = None) -> int:
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


def _log(rows: list[Delivery], what: str, by: User | None) -> None:
    for pk, count in sorted(Counter(row.campaign_id for row in rows).items()):
        CampaignEvent.objects.create(campaign_id=pk, what=what, by=by, note=str(count))
