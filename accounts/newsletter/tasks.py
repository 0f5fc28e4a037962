"""Jobs; beat queues them, and running one twice at once does no harm."""

from celery import shared_task

from accounts.newsletter import tidying


@shared_task
def tidy() -> None:
    """Forget addresses that nobody proved, and those of people who left long ago."""
    tidying.tidy()
