"""A scheduled job; it is safe to run it twice at once."""

from celery import shared_task

from catalog.reviews import services


@shared_task
def delete_old_emails() -> None:
    """Delete the email addresses of questions that were answered long ago."""
    services.delete_old_emails()
