"""Subscribers and their consents, campaigns, deliveries, and what comes back."""

from accounts.newsletter.models.campaigns import Campaign, CampaignEvent, Link
from accounts.newsletter.models.deliveries import Delivery
from accounts.newsletter.models.feedback import Feedback, FeedbackKind
from accounts.newsletter.models.frozen import CampaignIsFrozen
from accounts.newsletter.models.imports import TAKEN, ImportRun, ImportState, Verdict
from accounts.newsletter.models.pictures import LetterPicture
from accounts.newsletter.models.subscribers import (
    Consent,
    Source,
    Subscriber,
    SubscriberEvent,
    Topic,
)
from accounts.newsletter.models.suppressions import Reason, Suppression, digest_of, normal

__all__ = [
    "Campaign",
    "CampaignEvent",
    "CampaignIsFrozen",
    "Consent",
    "Delivery",
    "Feedback",
    "FeedbackKind",
    "LetterPicture",
    "ImportRun",
    "ImportState",
    "Link",
    "Reason",
    "Source",
    "Subscriber",
    "SubscriberEvent",
    "Suppression",
    "TAKEN",
    "Topic",
    "Verdict",
    "digest_of",
    "normal",
]
