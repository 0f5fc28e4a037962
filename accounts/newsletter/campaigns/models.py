"""Campaigns, their deliveries, links and images, and the feedback of mail servers."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.mail.inbound.reports import FeedbackType
from accounts.newsletter.subscribers.models import Subscriber, Topic
from microflight.core.bounds import Bounds
from microflight.core.states import Machine


def new_key() -> str:
    """Return a random key for URLs and file names."""
    return secrets.token_urlsafe(9)


class CampaignState(models.TextChoices):
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


#: What is final once a campaign is launched. PostgreSQL rejects changes as well, by a trigger
#: (migrations/0002_triggers.py).
FROZEN = (
    "key", "topic_id", "subject", "subject_b", "test_share", "test_hours", "preheader", "source",
    "audience", "sender_name", "reply_to", "body_text", "body_html", "from_email",
    "audience_until", "launched_at",
)  # fmt: skip
_FROZEN_NAMES = {*FROZEN, "topic"}  # as queries may name them


class CampaignIsFrozen(Exception):
    """An attempt to change or delete a launched campaign."""

    def __init__(self) -> None:
        super().__init__("A launched campaign cannot change. Revert it to a draft first.")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def without_content(self) -> "CampaignQuerySet":
        """Leave out the long columns: a hundred campaigns are ten megabytes."""
        return self.defer("source", "body_text", "body_html")

    def update(self, **values: Any) -> int:
        """Update rows. Raises CampaignIsFrozen for frozen fields of a launched campaign;
        `bulk_update` goes this way too."""
        if _FROZEN_NAMES & values.keys():
            self.reject_launched()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts. Raises CampaignIsFrozen, and deletes nothing, if one is launched."""
        self.reject_launched()
        return super().delete()

    def reject_launched(self) -> None:
        """Raise CampaignIsFrozen where one of these campaigns is launched."""
        if self.exclude(state=CampaignState.DRAFT).exists():
            raise CampaignIsFrozen


class Campaign(models.Model):
    """One email to an audience. Content, audience and sender are final once it is launched."""

    title = models.CharField(_("title"), max_length=120, help_text=_("For staff."))
    slug = models.SlugField(_("slug"), unique=True, help_text=_("In the URL of the archive page."))
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("topic")
    )
    subject = models.CharField(_("subject"), max_length=120)
    subject_b = models.CharField(
        _("second subject"),
        max_length=120,
        blank=True,
        help_text=_("Both subjects are tested on a part of the audience."),
    )
    test_share = models.PositiveSmallIntegerField(
        _("test share"),
        default=20,
        help_text=_("Percent of the audience that tests the two subjects, half each."),
    )
    test_hours = models.PositiveSmallIntegerField(
        _("test hours"),
        default=4,
        help_text=_("After that, the rest gets the subject with more clicks."),
    )
    preheader = models.CharField(_("preview text"), max_length=140, blank=True)
    source = models.TextField(_("content"))  # Markdown with blocks
    audience = models.JSONField(default=dict, blank=True)  # values of filters, by name
    sender_name = models.CharField(_("sender name"), max_length=60, default="MicroFlight")
    reply_to = models.EmailField(_("reply to"), blank=True)
    is_public = models.BooleanField(_("show in the archive once sent"), default=False)
    state = models.CharField(
        _("state"), max_length=9, choices=CampaignState.choices, default=CampaignState.DRAFT
    )
    scheduled_at = models.DateTimeField(_("scheduled for"), null=True, blank=True)

    # Stored at launch.
    body_text = models.TextField(blank=True, editable=False)
    body_html = models.TextField(blank=True, editable=False)
    from_email = models.CharField(max_length=200, blank=True, editable=False)
    audience_until = models.BigIntegerField(default=0, editable=False)  # newest subscriber
    launched_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Progress.
    prepared_until = models.BigIntegerField(default=0, editable=False)
    prepared_at = models.DateTimeField(null=True, blank=True, editable=False)
    total = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    winner = models.CharField(max_length=1, blank=True, editable=False)
    recent_results = models.CharField(  # of the latest emails: "." sent, "x" not
        max_length=400, blank=True, editable=False
    )
    server_failures = models.PositiveSmallIntegerField(default=0, editable=False)  # in a row
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    stop_reason = models.CharField(max_length=200, blank=True, editable=False)
    delivered = models.PositiveIntegerField(_("delivered"), default=0, editable=False)
    bounced = models.PositiveIntegerField(default=0, editable=False)
    complained = models.PositiveIntegerField(default=0, editable=False)
    unsubscribed = models.PositiveIntegerField(_("unsubscribed"), default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("launch_campaign", "Can schedule, send, pause and cancel campaigns")]
        constraints = [
            Bounds("test_share", 2, 100),
            Bounds("test_hours", 1, 30 * 24),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. Raises CampaignIsFrozen where a frozen field of a launched campaign changes."""
        fields = kwargs.get("update_fields")
        if self.pk and (fields is None or _FROZEN_NAMES & set(fields)):
            stored = Campaign.objects.filter(pk=self.pk).values(*FROZEN, "state").first()
            is_launched = stored is not None and stored.pop("state") != CampaignState.DRAFT
            if is_launched and any(getattr(self, name) != stored[name] for name in FROZEN):
                raise CampaignIsFrozen
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises CampaignIsFrozen where the campaign is launched."""
        Campaign.objects.filter(pk=self.pk).reject_launched()
        return super().delete(*args, **kwargs)

    @property
    def is_frozen(self) -> bool:
        """Return whether content, audience and sender are final."""
        return self.state != CampaignState.DRAFT


class CampaignEvent(models.Model):
    """What was done with a campaign, when, by whom."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.what


class Link(models.Model):
    """A link of a campaign, and how often it was clicked by those who agreed to be counted."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField()  # in the email, from 1
    url = models.URLField(max_length=500)
    clicks_a = models.PositiveIntegerField(default=0)
    clicks_b = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["campaign", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="link_numbered_once")
        ]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """A campaign's email to one subscriber: at most once. The address is read when it is sent."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="deliveries",
        verbose_name=_("campaign"),
    )
    subscriber = models.ForeignKey(
        Subscriber,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        verbose_name=_("subscriber"),
    )
    variant = models.CharField(  # a, b, or empty: waits for the winner
        _("subject"), max_length=1, blank=True
    )
    state = models.CharField(
        _("state"), max_length=9, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    claimed_by = models.CharField(max_length=32, blank=True)  # the job
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"), null=True, blank=True)  # empty: now
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["campaign", "subscriber"], name="delivered_once"),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "id"],
                condition=Q(state=DeliveryState.QUEUED),
                name="delivery_waiting",
            ),
            models.Index(
                fields=["claimed_at"],
                condition=Q(state__in=(DeliveryState.CLAIMED, DeliveryState.SENDING)),
                name="delivery_claimed",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state=DeliveryState.UNCERTAIN),
                name="delivery_uncertain",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Feedback(models.Model):
    """One report, once. Of the address only the hash is stored."""

    provider = models.CharField(_("provider"), max_length=30)
    event_id = models.CharField(max_length=200)
    type = models.CharField(_("type"), max_length=12, choices=FeedbackType.choices)
    email_hash = models.CharField(max_length=64, db_index=True)
    delivery_id = models.BigIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True)  # of the outbox
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bounce or complaint")
        verbose_name_plural = _("bounces and complaints")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="feedback_once")
        ]
        indexes = [  # earlier reports about an email decide what the next one counts
            models.Index(
                fields=["delivery_id"],
                condition=Q(delivery_id__isnull=False),
                name="feedback_of_delivery",
            ),
            models.Index(
                fields=["message_id"],
                condition=Q(message_id__isnull=False),
                name="feedback_of_message",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


class CampaignImage(models.Model):
    """An uploaded image, re-encoded as JPEG or PNG: every email app shows these two."""

    key = models.SlugField(_("name"), unique=True, help_text=_("As in the content: ::image name"))
    alt = models.CharField(
        _("alternative text"),
        max_length=200,
        help_text=_("For people who do not see the image. A campaign may replace it."),
    )
    file = models.FileField(_("file"), upload_to="newsletter/")
    width = models.PositiveIntegerField(default=0, editable=False)  # pixels
    height = models.PositiveIntegerField(default=0, editable=False)
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("image")

    def __str__(self) -> str:
        return self.key
