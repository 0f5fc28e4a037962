"""The newsletter's tasks, where Celery looks for them. Running one twice at once does no harm."""

from accounts.newsletter.campaigns.scheduler import run_campaigns
from accounts.newsletter.subscribers.erasure import delete_old
from accounts.newsletter.subscribers.imports import run_import, sweep

__all__ = ["delete_old", "run_campaigns", "run_import", "sweep"]
