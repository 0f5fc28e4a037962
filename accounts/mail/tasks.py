"""Jobs of the outbox."""

from celery import shared_task

from accounts.mail import services


# The limits (seconds) lie under services.CLAIM_TIME_OUT: a slow server is a failed try, not a
# second letter by another worker.
@shared_task(soft_time_limit=120, time_limit=150)
def deliver(message_id: int) -> None:
    """Send one outbox row, unless somebody already has."""
    services.deliver(message_id)


@shared_task
def sweep() -> None:
    """Queue rows again that the broker lost, that are due, or whose worker died."""
    services.sweep()
