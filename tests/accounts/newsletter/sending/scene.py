"""Sending without a broker: the jobs of a campaign done one after the other in this process."""

from collections import Counter

from accounts.newsletter.models import Campaign, Delivery, Runner
from accounts.newsletter.sending import journal, looking_after, preparing, runners, steering


def new_worker() -> None:
    """From here on this process is another worker, with a journal of its own."""
    if journal.is_open():
        journal._own.journal.close()
    journal._own.__dict__.clear()


def prepared(campaign: Campaign) -> Campaign:
    """Let the hour of a campaign come, and write down who gets it."""
    steering.begin(campaign.pk)
    preparing.prepare(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def do_one_job(campaign: Campaign, slot: int = 0) -> None:
    """Do the next job of a chain, as a worker does."""
    runners.start(campaign)
    row = Runner.objects.get(campaign=campaign, slot=slot)
    looking_after.run(campaign.pk, slot, row.ticket)
    campaign.refresh_from_db()


def send_all(campaign: Campaign, *, jobs: int = 20) -> Campaign:
    """Do jobs until the campaign is not being sent any more, or so many."""
    for _ in range(jobs):
        if campaign.state != "sending":
            break
        do_one_job(campaign)
    return campaign


def states(campaign: Campaign) -> dict[str, int]:
    """Return how many letters are in which state."""
    return dict(Counter(Delivery.objects.filter(campaign=campaign).values_list("state", flat=True)))
