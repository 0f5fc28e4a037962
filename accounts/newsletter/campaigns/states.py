"""The states of a campaign and of a delivery, and the transitions between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine


class CampaignState(models.TextChoices):
    """The states of a campaign."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PREPARING = "preparing", _("Preparing")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped automatically")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


C = CampaignState
CAMPAIGN = Machine(
    "a campaign",
    CampaignState,
    C.DRAFT,
    {
        C.DRAFT: (C.SCHEDULED,),
        C.SCHEDULED: (C.PREPARING, C.DRAFT, C.CANCELLED),
        C.PREPARING: (C.SENDING, C.PAUSED, C.CANCELLED),
        C.SENDING: (C.PAUSED, C.STOPPED, C.SENT, C.CANCELLED),
        C.PAUSED: (C.PREPARING, C.SENDING, C.CANCELLED),  # it may not be prepared completely
        C.STOPPED: (C.SENDING, C.CANCELLED),
        C.SENT: (C.SENDING,),  # staff send an uncertain delivery again
        C.CANCELLED: (),
    },
)

#: Content, audience and sender of these are frozen.
LAUNCHED = tuple(state for state in CampaignState if state != CampaignState.DRAFT)


class DeliveryState(models.TextChoices):
    """The states of one campaign email to one subscriber."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed by a worker")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")


D = DeliveryState
DELIVERY = Machine(
    "a delivery",
    DeliveryState,
    D.QUEUED,
    {
        D.QUEUED: (D.CLAIMED, D.SKIPPED),
        D.CLAIMED: (D.QUEUED, D.SENDING),
        D.SENDING: (D.QUEUED, D.SENT, D.FAILED, D.UNCERTAIN),
        D.SENT: (),
        D.SKIPPED: (),
        D.FAILED: (),
        # its worker died before the server's answer was recorded: never sent again automatically;
        # a provider's report or a member of staff resolves it
        D.UNCERTAIN: (D.SENT, D.QUEUED, D.FAILED),
    },
)
