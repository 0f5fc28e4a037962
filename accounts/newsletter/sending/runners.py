"""Chains of jobs: each works with the ticket that the database holds, and leaves the next one."""

import logging
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from accounts.newsletter.models import Campaign, Runner

log = logging.getLogger(__name__)

#: A job that neither began nor ended for so long counts as lost. A late one finds its ticket void.
LOST_AFTER = timedelta(seconds=20)
PRIORITY = 9  # of Celery's Redis transport: taken last; order mail has 0
#: Seconds until the next try to reach the mail server, doubled each time.
NO_SERVER_WAIT, NO_SERVER_LONGEST = 5.0, 300.0


def take(campaign_id: int, slot: int, ticket: str, worker: str) -> Runner | None:
    """Exchange a ticket for a new one; None: it was used, or is void."""
    row = Runner.objects.filter(campaign_id=campaign_id, slot=slot, ticket=ticket)
    new, due = uuid4().hex, timezone.now() + LOST_AFTER
    if not ticket or not row.update(ticket=new, worker=worker, due_at=due):
        return None
    return Runner.objects.filter(campaign_id=campaign_id, slot=slot, ticket=new).first()


def remember(runner: Runner, recent: str, *, reached: bool) -> None:
    """Keep how the last letters went, and whether the mail server was reached."""
    runner.recent = (runner.recent + recent)[-settings.NEWSLETTER_STOP_AFTER :]
    runner.tries = 0 if reached else runner.tries + 1
    Runner.objects.filter(pk=runner.pk, ticket=runner.ticket).update(
        recent=runner.recent, tries=runner.tries
    )


def queue_next(runner: Runner, wait: float = 0.0) -> None:
    """Queue the next job of a chain, in `wait` seconds."""
    due = timezone.now() + LOST_AFTER + timedelta(seconds=wait)
    mine = Runner.objects.filter(pk=runner.pk, ticket=runner.ticket)
    if mine.update(due_at=due):
        queue(runner.campaign_id, runner.slot, runner.ticket, wait)


def rest(runner: Runner) -> None:
    """End a chain: there is nothing to do now. Beat begins it anew when there is."""
    mine = Runner.objects.filter(pk=runner.pk, ticket=runner.ticket)
    mine.update(ticket="", due_at=timezone.now())


def start(campaign: Campaign) -> int:
    """Begin the chains of a campaign that are missing; return how many."""
    begun = 0
    for slot in range(settings.NEWSLETTER_RUNNERS):
        runner, _ = Runner.objects.get_or_create(campaign=campaign, slot=slot)
        now, new = timezone.now(), uuid4().hex
        lost = Runner.objects.filter(pk=runner.pk, ticket=runner.ticket, due_at__lte=now)
        if lost.update(ticket=new, due_at=now + LOST_AFTER):
            begun += queue(campaign.pk, slot, new)
    return begun


def forget_failures(campaign: Campaign) -> None:
    """Count failures anew: somebody has seen to them."""
    Runner.objects.filter(campaign=campaign).update(recent="", tries=0)


def lost_with(workers: list[str]) -> None:
    """Let the chains of dead workers begin anew at once."""
    Runner.objects.filter(worker__in=workers).exclude(ticket="").update(
        due_at=timezone.now(), worker=""
    )


def queue(campaign_id: int, slot: int, ticket: str, wait: float = 0.0) -> bool:
    """Hand a job to the broker; tell whether it took it. Beat heals what it did not."""
    from accounts.newsletter.tasks import send

    try:
        send.apply_async(
            (campaign_id, slot, ticket), countdown=wait, priority=PRIORITY, retry=False
        )
    except Exception as problem:  # whatever it is, beat comes by again
        log.warning("newsletter: broker away (%s)", type(problem).__name__)
        return False
    return True


def wait_for_server(tries: int) -> float:
    """Return the seconds until the mail server is asked again."""
    return min(NO_SERVER_LONGEST, NO_SERVER_WAIT * 2.0 ** min(tries - 1, 8))
