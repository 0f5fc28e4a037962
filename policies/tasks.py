"""Jobs of the policies."""

from celery import shared_task

from policies import publishing


@shared_task(ignore_result=True)
def take_effect() -> None:
    """Notice the texts that took effect: at midnight in Saskatoon, and again for a late worker."""
    publishing.take_effect()
