"""Jobs of the outbox."""

from celery import shared_task


@shared_task
def deliver(message_id: int) -> None:
    """Send one outbox row, unless somebody already has."""


@shared_task
def sweep() -> None:
    """Queue rows again that the broker lost."""
