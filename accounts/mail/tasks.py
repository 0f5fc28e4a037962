"""Celery tasks of the outbox and the bounce mailbox."""

from celery import shared_task
from django.conf import settings

from accounts.mail import services
from accounts.mail.inbound import mailbox


# The limits (seconds) are below services.CLAIM_TIME_OUT: a slow server is a failed attempt, not a
# second email by another worker.
@shared_task(soft_time_limit=120, time_limit=150)
def deliver(message_id: int) -> None:
    """Send one outbox row, unless it is already sent or claimed."""
    services.deliver(message_id)


@shared_task
def sweep() -> None:
    """Queue rows that the broker lost, that are due for a retry, or whose worker died."""
    services.sweep()


@shared_task(soft_time_limit=240, time_limit=270)
def read_bounces() -> None:
    """Read the bounce mailbox, if there is one."""
    if settings.BOUNCE_MAILBOX_URL:
        mailbox.read_bounces()
