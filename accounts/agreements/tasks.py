from celery import shared_task

from accounts.agreements import announcements, emails


@shared_task(ignore_result=True)
def send_announcements() -> None:
    """Queue the next emails about policy changes."""
    announcements.send_pending()


@shared_task(ignore_result=True)
def send_review_reminders() -> None:
    """Remind staff of policies that are due for review."""
    emails.send_review_reminders()
