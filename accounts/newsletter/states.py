"""The states of a subscriber, a campaign and a delivery, and who may follow whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine


class SubscriberState(models.TextChoices):
    """Whether somebody is to be written to. Only `ACTIVE` is."""

    PENDING = "pending", "asked, not confirmed"
    ACTIVE = "active", "subscribed"
    LEFT = "left", "left"
    BLOCKED = "blocked", "address refused"


SUBSCRIBER = Machine(
    "a subscriber",
    SubscriberState,
    SubscriberState.PENDING,
    {
        SubscriberState.PENDING: (SubscriberState.ACTIVE, SubscriberState.LEFT),
        SubscriberState.ACTIVE: (SubscriberState.LEFT, SubscriberState.BLOCKED),
        # whoever asks anew, proves the address anew; until then nothing changes
        SubscriberState.LEFT: (SubscriberState.ACTIVE, SubscriberState.BLOCKED),
        SubscriberState.BLOCKED: (SubscriberState.ACTIVE, SubscriberState.LEFT),
    },
)


class CampaignState(models.TextChoices):
    """Where a letter to many stands."""

    DRAFT = "draft", "draft"
    SCHEDULED = "scheduled", "scheduled"
    PREPARING = "preparing", "preparing"
    SENDING = "sending", "being sent"
    PAUSED = "paused", "paused"
    STOPPED = "stopped", "stopped by itself"
    SENT = "sent", "sent"
    CANCELLED = "cancelled", "cancelled"


CAMPAIGN = Machine(
    "a campaign",
    CampaignState,
    CampaignState.DRAFT,
    {
        CampaignState.DRAFT: (CampaignState.SCHEDULED,),
        CampaignState.SCHEDULED: (
            CampaignState.PREPARING,
            CampaignState.DRAFT,
            CampaignState.CANCELLED,
        ),
        CampaignState.PREPARING: (
            CampaignState.SENDING,
            CampaignState.PAUSED,
            CampaignState.CANCELLED,
        ),
        CampaignState.SENDING: (
            CampaignState.PAUSED,
            CampaignState.STOPPED,
            CampaignState.SENT,
            CampaignState.CANCELLED,
        ),
        # resumed where it was: the audience may not be written down whole
        CampaignState.PAUSED: (
            CampaignState.PREPARING,
            CampaignState.SENDING,
            CampaignState.CANCELLED,
        ),
        CampaignState.STOPPED: (CampaignState.SENDING, CampaignState.CANCELLED),
        # staff send a letter again that was in doubt
        CampaignState.SENT: (CampaignState.SENDING,),
        CampaignState.CANCELLED: (),
    },
)

#: The text, the audience and the sender of these are frozen.
LAUNCHED = tuple(state for state in CampaignState if state != CampaignState.DRAFT)


class DeliveryState(models.TextChoices):
    """Where one letter to one subscriber stands."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed by a worker")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")


DELIVERY = Machine(
    "a delivery",
    DeliveryState,
    DeliveryState.QUEUED,
    {
        DeliveryState.QUEUED: (DeliveryState.CLAIMED, DeliveryState.SKIPPED),
        DeliveryState.CLAIMED: (DeliveryState.QUEUED, DeliveryState.SENDING),
        DeliveryState.SENDING: (
            DeliveryState.QUEUED,
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.UNCERTAIN,
        ),
        DeliveryState.SENT: (),
        DeliveryState.SKIPPED: (),
        DeliveryState.FAILED: (),
        # its worker died before the server's answer was recorded: never sent again automatically;
        # a provider's report or a member of staff resolves it
        DeliveryState.UNCERTAIN: (DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.FAILED),
    },
)
