"""A policy that accounts must accept, and accounts."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.users.models import User
from policies.models import Policy, PolicyVersion
from policies.workflow import adopt


@pytest.fixture
def terms(db: None) -> Policy:
    """Terms of sale that registration requires; the first version is in force."""
    policy = Policy.objects.create(
        slug="terms", title="Terms of Sale", required_at_registration=True
    )
    adopt(policy, "We send what you order.")
    return policy


def newest(policy: Policy) -> PolicyVersion:
    """The newest published version of a policy."""
    found: Any = policy.versions.published().order_by("-number").first()
    return found


def people(count: int, start: int = 0) -> list[User]:
    """Create accounts with verified emails, a day old: person-0@example.com and so on."""
    day_ago = timezone.now() - timedelta(days=1)
    made = User.objects.bulk_create(
        User(email=f"person-{n}@example.com", first_name=f"Person {n}", date_joined=day_ago)
        for n in range(start, start + count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )
    return made


@pytest.fixture
def three(db: None) -> list[User]:
    """Three accounts."""
    return people(3)
