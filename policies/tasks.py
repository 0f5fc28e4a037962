"""Celery tasks of the policies."""

from celery import shared_task

from policies import workflow


@shared_task(ignore_result=True)
def record_effective_versions() -> None:
    """Record the versions that took effect: at midnight in Saskatoon, and later for a late run."""
    workflow.record_effective_versions()
