"""Adds new accounts and guests to the customers that staff see."""

from celery import shared_task

from microflight.customers.models import Customer


@shared_task
def add_customers() -> None:
    """Add a row for each new account and guest. Safe to repeat."""
    Customer.objects.add_missing()
