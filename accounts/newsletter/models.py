"""All models of the newsletter, where Django looks for them."""

from accounts.newsletter.campaigns.frozen import CampaignIsFrozen
from accounts.newsletter.campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignImage,
    Delivery,
    Feedback,
    FeedbackType,
    Link,
)
from accounts.newsletter.subscribers.models import (
    Consent,
    ImportRun,
    ImportState,
    Reason,
    RowResult,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)

__all__ = [
    "Campaign",
    "CampaignEvent",
    "CampaignImage",
    "CampaignIsFrozen",
    "Consent",
    "Delivery",
    "Feedback",
    "FeedbackType",
    "ImportRun",
    "ImportState",
    "Link",
    "Reason",
    "RowResult",
    "Source",
    "Subscriber",
    "SubscriberEvent",
    "Suppression",
    "Topic",
]
