"""The newsletter's tasks, where Celery looks for them. Running one twice at once does no harm."""

from celery import shared_task

from accounts.newsletter.campaigns import bounces, scheduler
from accounts.newsletter.subscribers import erasure, imports

read_bounces = bounces.read_bounces_task
run_campaigns = scheduler.run_campaigns
run_import = imports.run_import


@shared_task
def delete_old_subscribers() -> None:
    """Delete sign-ups that were not confirmed, and subscribers who unsubscribed long ago."""
    erasure.delete_old()


@shared_task
def sweep_imports() -> None:
    """Continue imports whose worker died, and delete their files after an hour."""
    imports.sweep()
