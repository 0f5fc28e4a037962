"""The periodic task of shipping."""

from celery import shared_task

from checkout.shipping import destinations


@shared_task(acks_late=True)
def update_destinations() -> None:
    """Store where products ship to, after changes of products, rules, rates and days."""
    destinations.update()
