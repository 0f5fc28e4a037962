"""Tells packages below what they need to know about customers."""

from typing import Any

from django.dispatch import receiver

from accounts.users.models import User
from checkout.offers.eligibility import tags_requested
from microflight.core.tags import tag_list
from microflight.customers.models import Customer


@receiver(tags_requested, dispatch_uid="customers")
def tags_of(user: User, **_options: Any) -> list[str]:
    """Return the tags that staff gave to an account."""
    rows = Customer.objects.filter(user=user).values_list("tags", flat=True)
    return [tag for tags in rows for tag in tag_list(tags)]
