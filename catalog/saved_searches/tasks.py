"""Scheduled jobs; it is safe to run one twice at once."""

from celery import shared_task

from catalog.saved_searches import services


@shared_task
def notify() -> None:
    """Send emails about new matches, and delete searches that were not confirmed."""
    services.delete_unconfirmed()
    services.notify_all()
