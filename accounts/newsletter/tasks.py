"""Jobs; beat queues them, and running one twice at once does no harm."""

from celery import shared_task
from django.conf import settings

from accounts.newsletter import bounces, importing, tidying
from accounts.newsletter.models import ImportRun
from accounts.newsletter.sending import looking_after, preparing


@shared_task
def tidy() -> None:
    """Forget addresses that nobody proved, and those of people who left long ago."""
    tidying.tidy()


@shared_task
def import_list(run_id: int) -> None:
    """Take over a list that staff have checked and confirmed."""
    if run := ImportRun.objects.select_related("by").filter(pk=run_id).first():
        importing.go_on(run)


@shared_task
def sweep_lists() -> None:
    """Go on with lists whose worker died, and delete the files of those that are over."""
    importing.sweep()


@shared_task(soft_time_limit=240, time_limit=270)
def read_bounces() -> None:
    """Empty the bounce mailbox, where there is one."""
    if settings.BOUNCE_MAILBOX_URL:
        bounces.read_bounces()


@shared_task
def look_after() -> None:
    """Begin campaigns that are due, heal what dead workers left, keep chains of jobs going."""
    looking_after.look_after_all()


@shared_task
def prepare(campaign_id: int) -> None:
    """Write down who gets a campaign: a second's worth of it, then the next job goes on."""
    if preparing.prepare(campaign_id, batches=8):
        looking_after.queue_preparing(campaign_id)


# The limit (seconds) is far above a batch's own time and under CELERY_VISIBILITY_TIMEOUT. A job
# that is killed by it leaves its journal, as any killed worker does.
@shared_task(time_limit=240)
def send(campaign_id: int, slot: int, ticket: str) -> None:
    """Send one batch of a campaign, and queue the next."""
    looking_after.run(campaign_id, slot, ticket)
