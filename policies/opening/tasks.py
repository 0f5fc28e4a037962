"""Celery tasks of the calendars."""

from celery import shared_task

from policies.opening import holiday_import


@shared_task(ignore_result=True)
def fill_calendars() -> None:
    """Add the holidays of the next three years."""
    holiday_import.fill()
