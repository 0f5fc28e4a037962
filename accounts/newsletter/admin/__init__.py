"""The newsletter for staff, a module for each subject."""

from accounts.newsletter.admin.campaigns import CampaignAdmin
from accounts.newsletter.admin.feedback import FeedbackAdmin
from accounts.newsletter.admin.imports import ImportRunAdmin
from accounts.newsletter.admin.letter_pictures import LetterPictureAdmin
from accounts.newsletter.admin.sending import DeliveryAdmin
from accounts.newsletter.admin.subscribers import SubscriberAdmin
from accounts.newsletter.admin.suppressions import SuppressionAdmin

__all__ = [
    "CampaignAdmin",
    "DeliveryAdmin",
    "FeedbackAdmin",
    "ImportRunAdmin",
    "LetterPictureAdmin",
    "SubscriberAdmin",
    "SuppressionAdmin",
]
