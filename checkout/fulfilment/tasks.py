"""Fulfilment jobs, queued by beat; running one twice at once does no harm."""

from celery import shared_task

from checkout.fulfilment import expiring_authorizations


@shared_task
def watch_reservations() -> None:
    """Capture or report payments whose authorization is about to expire."""
    expiring_authorizations.watch_reservations()
