"""Versions of policies."""

from django.utils import timezone

from policies.models import PolicyVersion
from policies.services import version_at


def current_version(slug: str) -> PolicyVersion:
    """Return the version of a policy in force now."""
    return version_at(slug, timezone.now())
