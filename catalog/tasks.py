"""Jobs of the catalogue."""

from celery import shared_task
from django.conf import settings

from microflight.core import history


@shared_task
def delete_old_history() -> None:
    """Delete versions of products, prices and categories after HISTORY_DAYS."""
    history.delete_old(settings.HISTORY_DAYS)
