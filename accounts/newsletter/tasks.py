"""Jobs; beat queues them, and running one twice at once does no harm."""

from celery import shared_task
from django.conf import settings

from accounts.newsletter import bounces, importing, tidying
from accounts.newsletter.campaigns import scheduler  # noqa: F401 (its tasks are found here)
from accounts.newsletter.models import ImportRun


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
