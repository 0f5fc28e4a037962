"""Jobs; beat queues them, and running one twice at once does no harm."""

from celery import shared_task

from accounts.newsletter import importing, tidying
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
