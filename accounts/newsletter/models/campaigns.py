"""Letters to many: as they are written, as they were frozen, and their totals."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from accounts.newsletter.models.frozen import FrozenOnceLaunched
from accounts.newsletter.models.subscribers import Topic
from accounts.newsletter.states import LAUNCHED, CampaignState


def new_key() -> str:
    """Return what names a campaign in addresses that are not to be guessed."""
    return secrets.token_urlsafe(9)


class Campaign(FrozenOnceLaunched):
    """One letter to everybody of an audience. Once launched, what is in it stays."""

    title = models.CharField(max_length=120, help_text="For staff.")
    slug = models.SlugField(unique=True, help_text="In the address of the archive page.")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="campaigns")
    subject = models.CharField(max_length=120)
    subject_b = models.CharField("other subject", max_length=120, blank=True)
    test_share = models.PositiveSmallIntegerField(
        default=20,
        validators=[MinValueValidator(2), MaxValueValidator(100)],
        help_text="Percent of the audience that tries both subjects, half each.",
    )
    test_hours = models.PositiveSmallIntegerField(
        default=4, help_text="Then the rest gets the subject that was clicked more."
    )
    preheader = models.CharField(max_length=140, blank=True)
    source = models.TextField("text", help_text="Markdown with blocks.")
    audience = models.JSONField(default=dict, blank=True, help_text="Filters, by name.")
    sender_name = models.CharField(max_length=60, default="MicroFlight")
    reply_to = models.EmailField(blank=True)
    is_public = models.BooleanField(default=False, help_text="Stands in the archive once sent.")
    state = models.CharField(
        max_length=9, choices=CampaignState.choices, default=CampaignState.DRAFT
    )
    scheduled_at = models.DateTimeField(null=True, blank=True)

    # Frozen at launch; see `is_frozen`.
    body_text = models.TextField(blank=True, editable=False)
    body_html = models.TextField(blank=True, editable=False)
    from_email = models.CharField(max_length=200, blank=True, editable=False)
    audience_until = models.BigIntegerField(
        default=0, editable=False, help_text="The newest subscriber at launch."
    )
    launched_at = models.DateTimeField(null=True, blank=True, editable=False)

    # How far it came.
    prepared_until = models.BigIntegerField(default=0, editable=False)
    prepared_at = models.DateTimeField(null=True, blank=True, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    winner = models.CharField(max_length=1, blank=True, editable=False)
    recent_results = models.CharField(
        max_length=400, blank=True, editable=False, help_text="Latest emails: . sent, x not."
    )
    server_failures = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Failed connections in a row."
    )
    retry_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the mail server is asked again."
    )
    stop_reason = models.CharField(max_length=200, blank=True, editable=False)
    delivered = models.PositiveIntegerField(default=0, editable=False)  # as providers report
    bounced = models.PositiveIntegerField(default=0, editable=False)
    complained = models.PositiveIntegerField(default=0, editable=False)
    left = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        permissions = [("launch_campaign", "Can schedule, send, pause and cancel campaigns")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_frozen(self) -> bool:
        """Return whether text, audience and sender are final."""
        return self.state in LAUNCHED


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
    """A link of a campaign and how often it was followed by those who agreed to be counted."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField(help_text="Its place in the letter, from 1.")
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
