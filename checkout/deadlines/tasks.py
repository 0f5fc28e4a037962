"""The scheduled job. Running it twice at once is safe."""

from celery import shared_task

from checkout.deadlines import services


@shared_task
def check_deadlines() -> None:
    """Refund orders whose deadline has come, then send new notices."""
    services.refund_unanswered()
    services.send_notices()
