"""Campaigns, their deliveries, links and images, and the feedback of mail servers."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.campaigns.frozen import FrozenOnceLaunched
from accounts.newsletter.campaigns.states import CampaignState, DeliveryState
from accounts.newsletter.subscribers.models import Subscriber, Topic


def new_key() -> str:
    """Return a random key for URLs and file names."""
    return secrets.token_urlsafe(9)


class Campaign(FrozenOnceLaunched):
    """One email to an audience. Its content is frozen when it is launched."""

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
        validators=[MinValueValidator(2), MaxValueValidator(100)],
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

    # Frozen at launch; see frozen.py.
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

    class Meta:
        ordering = ["-pk"]
        permissions = [("launch_campaign", "Can schedule, send, pause and cancel campaigns")]

    def __str__(self) -> str:
        return self.title

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


class FeedbackType(models.TextChoices):
    """What a mail server or provider reports about an email."""

    DELIVERED = "delivered", _("Delivered")
    SOFT = "soft", _("Soft bounce")
    HARD = "hard", _("Hard bounce")
    COMPLAINT = "complaint", _("Spam complaint")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


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
