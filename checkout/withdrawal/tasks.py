"""The scheduled job. Running it twice at once is safe."""

from celery import shared_task

from checkout.withdrawal import services


@shared_task
def settle_withdrawals() -> None:
    """Cancel what has not shipped, and approve returns of what has."""
    services.settle_withdrawals()
