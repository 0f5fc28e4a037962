"""Jobs; beat queues them, and running one twice at once does no harm."""

from celery import shared_task

from catalog.waiting import services


@shared_task
def tell() -> None:
    """Tell those who wait for what is free."""
    services.tell_all()


@shared_task
def tidy() -> None:
    """Forget what is long over."""
    services.tidy()
