"""The audit as a background job, run every night and on request."""

import logging

from celery import shared_task

from accounts.users.models import User
from checkout.audit import services

logger = logging.getLogger(__name__)


@shared_task
def audit(by: int | None = None) -> None:
    """Run the audit while the shop is open; `by` is the staff member who requested it."""
    user = User.objects.filter(pk=by).first() if by else None
    services.run_audit(grace=services.WHILE_OPEN, by=user)


def request_audit(*, by: User) -> bool:
    """Queue an audit now; return False if the broker is unavailable."""
    try:
        audit.apply_async((by.pk,), retry=False)
    except Exception as error:  # kombu raises many types
        logger.warning("No audit: the broker is unavailable (%s).", type(error).__name__)
        return False
    return True
