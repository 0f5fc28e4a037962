"""Who asked for letters, for which, in which words, and what became of it."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.newsletter.states import SubscriberState
from policies.models import PolicyVersion


def new_token() -> str:
    """Return 128 random bits for the links in somebody's letters. They are good for ever."""
    return secrets.token_urlsafe(16)


class Topic(models.Model):
    """What letters may be about. Each campaign has one, each subscriber some."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=160, help_text="One sentence beside the box.")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("offered", default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def reachable(self) -> "SubscriberQuerySet":
        """Return those who are to be written to today: subscribed and not in a pause."""
        today = timezone.localdate()
        awake = Q(paused_until=None) | Q(paused_until__lte=today)
        return self.filter(awake, state=SubscriberState.ACTIVE)


class Subscriber(models.Model):
    """One address that somebody entered for our letters, proved or not."""

    email = models.EmailField(unique=True, help_text="In lower case.")
    name = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(
        max_length=8, choices=SubscriberState.choices, default=SubscriberState.PENDING
    )
    topics = models.ManyToManyField(Topic, blank=True, related_name="subscribers")
    country = models.CharField(max_length=2, blank=True, help_text="ISO code, as they told us.")
    job_title = models.CharField(max_length=80, blank=True)
    purchasing_role = models.CharField(max_length=80, blank=True)
    company = models.CharField(max_length=120, blank=True)
    certification = models.CharField("professional certification", max_length=120, blank=True)
    clicks_counted = models.BooleanField(
        default=False, help_text="They agreed that clicks are counted, in totals."
    )
    token = models.CharField(max_length=32, unique=True, default=new_token)
    paused_until = models.DateField(null=True, blank=True, help_text="The day letters go on.")
    soft_bounces = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "id"], name="subscriber_walk")]
        permissions = [
            ("answer_subscriber", "Can do what subscribers ask for by letter or telephone"),
            ("export_subscriber", "Can export subscribers"),
            ("erase_subscriber", "Can erase subscribers"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def rests(self) -> bool:
        """Return whether letters are paused today."""
        return self.paused_until is not None and self.paused_until > timezone.localdate()


class Source(models.TextChoices):
    """Where somebody asked."""

    BOX = "box", "box on every page"
    PAGE = "page", "newsletter page"
    CHECKOUT = "checkout", "checkout"
    REGISTRATION = "registration", "registration"
    ACCOUNT = "account", "account or preference page"
    IMPORT = "import", "imported list"
    STAFF = "staff", "letter or telephone"


class Consent(models.Model):
    """One consent: the words, where, when, and its end. Kept when the subscriber is erased."""

    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.SET_NULL, related_name="consents"
    )
    digest = models.CharField(max_length=64, db_index=True, help_text="Of the address.")
    wording = models.TextField(help_text="The exact words beside the box.")
    version = models.ForeignKey(
        PolicyVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topics = models.CharField(max_length=200, blank=True, help_text="Slugs, as agreed to.")
    source = models.CharField(max_length=12, choices=Source.choices)
    origin = models.CharField(max_length=200, blank=True, help_text="What an import states.")
    network = models.CharField(max_length=64, blank=True, help_text="Truncated IP address.")
    details = models.JSONField(
        default=dict, blank=True, help_text="What they told of themselves, until confirmed."
    )
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_network = models.CharField(max_length=64, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_how = models.CharField(max_length=60, blank=True)
    old_link = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the token in letters of a forgotten row."
    )

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["old_link"], condition=~Q(old_link=""), name="consent_old_link")
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class SubscriberEvent(models.Model):
    """What happened to a subscriber, when, by whom."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60)
    note = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60, blank=True, help_text="Staff, or empty for themselves.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.what
