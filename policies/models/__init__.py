"""Policies in versions, acceptances of them, and notices on every page."""

from policies.models.acceptances import Acceptance, Context
from policies.models.final import PublishedTextIsFinal
from policies.models.notices import Notice, NoticeQuerySet
from policies.models.translations import PolicyTranslation
from policies.models.versions import (
    Effect,
    Kind,
    Policy,
    PolicyVersion,
    PolicyVersionQuerySet,
    Review,
    VersionEvent,
    normal,
)

__all__ = [
    "Acceptance",
    "Context",
    "Effect",
    "Kind",
    "Notice",
    "NoticeQuerySet",
    "Policy",
    "PolicyTranslation",
    "PolicyVersion",
    "PolicyVersionQuerySet",
    "PublishedTextIsFinal",
    "Review",
    "VersionEvent",
    "normal",
]
