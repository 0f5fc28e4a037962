"""Scheduled jobs; it is safe to run one twice at once."""

from celery import shared_task

from catalog.back_in_stock import services


@shared_task
def notify() -> None:
    """Notify customers about products that are available again."""
    services.notify_all()


@shared_task
def delete_old() -> None:
    """Delete requests that ended long ago."""
    services.delete_old()
