"""Scheduled jobs; it is safe to run one twice at once."""

from celery import shared_task

from catalog.external_offers import services


@shared_task
def check_links() -> None:
    """Check a few links of external offers."""
    services.check_due_links()
