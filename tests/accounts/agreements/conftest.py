"""A text that accounts need, and people who sign up."""

from typing import Any

import pytest

from policies.models import Policy, PolicyVersion
from policies.publishing import adopt


@pytest.fixture
def terms(db: None) -> Policy:
    """Terms of sale, agreed to by whoever opens an account; the first text is in force."""
    policy = Policy.objects.create(
        slug="terms", title="Terms of Sale", accepted_at_registration=True
    )
    adopt(policy, "We send what you order.")
    return policy


def newest(policy: Policy) -> PolicyVersion:
    """The text of a policy with the highest number."""
    found: Any = policy.versions.published().order_by("-number").first()
    return found
