"""Jobs of the agreements."""

from celery import shared_task

from accounts.agreements import reviews, telling


@shared_task(ignore_result=True)
def tell() -> None:
    """Go on telling people of changes."""
    telling.tell()


@shared_task(ignore_result=True)
def remind_of_reviews() -> None:
    """Remind staff of policies that should have been read again."""
    reviews.remind()
