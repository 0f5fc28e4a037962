"""Runs the jobs of a campaign one after the other, without a broker."""

from collections import Counter

from accounts.newsletter.campaigns import controls, preparation, scheduler, worker
from accounts.newsletter.models import Campaign, Delivery


def prepared(campaign: Campaign) -> Campaign:
    """Start a campaign that is due, and write its deliveries."""
    controls.begin(campaign.pk)
    preparation.prepare(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def run_job(campaign: Campaign) -> None:
    """Run one job, as a worker does."""
    worker.send_campaign(campaign.pk)
    campaign.refresh_from_db()


def send_all(campaign: Campaign, *, jobs: int = 20) -> Campaign:
    """Run jobs and ticks until the campaign is not being sent any more, or so many."""
    for _ in range(jobs):
        if campaign.state != "sending":
            break
        run_job(campaign)
        if campaign.state == "sending":
            scheduler.keep_sending(campaign)
            campaign.refresh_from_db()
    return campaign


def states(campaign: Campaign) -> dict[str, int]:
    """Return how many deliveries are in which state."""
    return dict(Counter(Delivery.objects.filter(campaign=campaign).values_list("state", flat=True)))
