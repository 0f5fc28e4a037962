"""Starts, continues and finishes campaigns; beat runs it every few seconds.

Each tick queues as many short jobs as the workers can do before the next one; those that no worker
took by then expire. So there are no chains of jobs to keep alive, and none to lose.
"""

from celery import shared_task
from django.conf import settings

from accounts.newsletter.campaigns import claims, controls, preparation, worker
from accounts.newsletter.campaigns.models import Campaign, CampaignState

#: Seconds between two ticks, as in the beat schedule (microflight/celery.py).
TICK = 5
PRIORITY = 9  # of Celery's Redis transport: taken last; order email has 0


@shared_task
def run_campaigns() -> None:
    """Move every campaign on. Any number of these may run at once."""
    claims.recover()
    claims.drop_cancelled()
    active = (CampaignState.SCHEDULED, CampaignState.PREPARING, CampaignState.SENDING)
    rows = Campaign.objects.without_content().filter(state__in=active)
    for campaign in rows.order_by("scheduled_at", "pk"):
        if campaign.state == CampaignState.SENDING:
            keep_sending(campaign)
        elif campaign.state == CampaignState.PREPARING or controls.begin(campaign.pk):
            prepare.apply_async((campaign.pk,), priority=PRIORITY, retry=False)


def keep_sending(campaign: Campaign) -> None:
    """Queue jobs while there is something to send; mark the campaign as sent after that."""
    if campaign.subject_b and not campaign.winner:
        campaign.winner = controls.choose_winner(campaign)
    if not claims.claimable(campaign).exists():
        controls.finish_if_done(campaign)
        return
    for _ in range(round(settings.NEWSLETTER_WORKERS * TICK / worker.JOB_SECONDS)):
        send.apply_async((campaign.pk,), priority=PRIORITY, expires=TICK, retry=False)


@shared_task
def prepare(campaign_id: int) -> None:
    """Write a second's worth of a campaign's deliveries, then let the next job continue."""
    if preparation.prepare(campaign_id, batches=8):
        prepare.apply_async((campaign_id,), priority=PRIORITY, retry=False)


# The limit (seconds) is far above a job's own time and below CELERY_VISIBILITY_TIMEOUT.
@shared_task(time_limit=240)
def send(campaign_id: int) -> None:
    """Send emails of a campaign for a second or two."""
    worker.send_campaign(campaign_id)
