"""Jobs of order forms, queued by beat. Safe to run twice at once."""

from celery import shared_task

from checkout.offline import order_forms


@shared_task
def delete_old_forms() -> None:
    """Delete order forms that were never mailed."""
    order_forms.delete_old_forms()
