"""Scheduled jobs. Running one twice is safe."""

from celery import shared_task

from checkout.documents import services


@shared_task
def issue_missing_documents() -> None:
    """Issue invoices and credit notes that a killed process did not."""
    services.issue_all_missing()
