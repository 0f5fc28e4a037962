"""Policies with versions, acceptances and site-wide notices."""

from policies.models.acceptances import Acceptance, Context
from policies.models.immutable import PublishedIsImmutable
from policies.models.notices import Notice
from policies.models.translations import PolicyTranslation
from policies.models.versions import (
    ChangeType,
    Policy,
    PolicyVersion,
    PolicyVersionQuerySet,
    Review,
    VersionEvent,
    normalize,
)

__all__ = [
    "Acceptance",
    "ChangeType",
    "Context",
    "Notice",
    "Policy",
    "PolicyTranslation",
    "PolicyVersion",
    "PolicyVersionQuerySet",
    "PublishedIsImmutable",
    "Review",
    "VersionEvent",
    "normalize",
]
