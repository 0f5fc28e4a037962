"""The nightly audit; beat queues it."""

from celery import shared_task

from accounts.users.models import User
from checkout.audit import services


@shared_task
def audit(by: int | None = None) -> None:
    """Look at everything, in an open shop; `by` is the member of staff who asked for it."""
    asked = User.objects.filter(pk=by).first() if by else None
    services.run_audit(grace=services.WHILE_OPEN, by=asked)
