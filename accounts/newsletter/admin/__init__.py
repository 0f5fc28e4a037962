"""The newsletter for staff, a module for each subject."""

from accounts.newsletter.admin.imports import ImportRunAdmin
from accounts.newsletter.admin.subscribers import SubscriberAdmin
from accounts.newsletter.admin.suppressions import SuppressionAdmin

__all__ = ["ImportRunAdmin", "SubscriberAdmin", "SuppressionAdmin"]
