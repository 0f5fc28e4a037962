"""Scheduled fulfilment jobs. Running one twice is safe."""

from celery import shared_task

from checkout.fulfilment import expiring_authorizations, holds


@shared_task
def check_expiring_authorizations() -> None:
    """Alert staff to payments whose authorization expires soon."""
    expiring_authorizations.check_expiring_authorizations()


@shared_task
def release_held_orders() -> None:
    """Release the orders that waited until the shop reopened."""
    holds.release_held_orders()
