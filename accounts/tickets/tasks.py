"""Jobs of tickets, queued by beat. Safe to run twice at once."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.tickets.models import Ticket

#: Days after its last email that a ticket is kept; the privacy policy says so.
KEEP_DAYS = 730


@shared_task
def delete_old_tickets() -> None:
    """Delete tickets two years after their last email."""
    Ticket.objects.filter(last_email_at__lt=timezone.now() - timedelta(days=KEEP_DAYS)).delete()
