"""Subscribers, their consents and history, the suppression list, and imports."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine
from policies.models import PolicyVersion


def new_token() -> str:
    """Return 128 random bits for the links in a subscriber's emails. They never expire."""
    return secrets.token_urlsafe(16)


class Topic(models.Model):
    """What campaigns are about. Each campaign has one topic, each subscriber some."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(
        _("description"), max_length=160, help_text=_("One sentence, shown next to the checkbox.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class SubscriberState(models.TextChoices):
    """Only `ACTIVE` subscribers get campaigns."""

    PENDING = "pending", _("Not confirmed")
    ACTIVE = "active", _("Subscribed")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BLOCKED = "blocked", _("Blocked")  # a bounce or a spam complaint


SUBSCRIBER = Machine(
    "a subscriber",
    SubscriberState,
    SubscriberState.PENDING,
    {
        SubscriberState.PENDING: (SubscriberState.ACTIVE, SubscriberState.UNSUBSCRIBED),
        SubscriberState.ACTIVE: (SubscriberState.UNSUBSCRIBED, SubscriberState.BLOCKED),
        # confirming the email address again resubscribes
        SubscriberState.UNSUBSCRIBED: (SubscriberState.ACTIVE, SubscriberState.BLOCKED),
        SubscriberState.BLOCKED: (SubscriberState.ACTIVE, SubscriberState.UNSUBSCRIBED),
    },
)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def reachable(self) -> "SubscriberQuerySet":
        """Return those who get emails today: subscribed and not paused."""
        not_paused = Q(paused_until=None) | Q(paused_until__lte=timezone.localdate())
        return self.filter(not_paused, state=SubscriberState.ACTIVE)


#: Optional details of a subscriber. Each can be deleted on its own.
DETAILS = ("name", "job_title", "purchasing_role", "company", "certification", "country")


class Subscriber(models.Model):
    """One email address that signed up for the newsletter, confirmed or not."""

    email = models.EmailField(_("email"), unique=True, help_text=_("In lower case."))
    name = models.CharField(_("name"), max_length=120, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=12, choices=SubscriberState.choices, default=SubscriberState.PENDING
    )
    topics = models.ManyToManyField(Topic, blank=True, related_name="subscribers")
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO code."))
    job_title = models.CharField(_("job title"), max_length=80, blank=True)
    purchasing_role = models.CharField(_("purchasing role"), max_length=80, blank=True)
    company = models.CharField(_("company"), max_length=120, blank=True)
    certification = models.CharField(_("professional certification"), max_length=120, blank=True)
    clicks_counted = models.BooleanField(
        default=False, help_text=_("Agreed that clicks are counted, in totals.")
    )
    token = models.CharField(max_length=32, unique=True, default=new_token)
    paused_until = models.DateField(null=True, blank=True)
    soft_bounces = models.PositiveSmallIntegerField(default=0, help_text=_("In a row."))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "id"], name="subscriber_walk")]
        permissions = [
            ("answer_subscriber", "Can act on requests of subscribers"),
            ("export_subscriber", "Can export subscribers"),
            ("erase_subscriber", "Can erase subscribers"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_paused(self) -> bool:
        """Return whether emails are paused today."""
        return self.paused_until is not None and self.paused_until > timezone.localdate()


class Source(models.TextChoices):
    """Where a person signed up."""

    BOX = "box", _("Sign-up box on every page")
    PAGE = "page", _("Newsletter page")
    CHECKOUT = "checkout", _("Checkout")
    REGISTRATION = "registration", _("Registration")
    ACCOUNT = "account", _("Account or preferences page")
    IMPORT = "import", _("Import")
    STAFF = "staff", _("Staff, by request")


class Consent(models.Model):
    """One consent: its text, place, date and end. It outlives the subscriber's erasure."""

    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.SET_NULL, related_name="consents"
    )
    email_hash = models.CharField(max_length=64, db_index=True, help_text=_("SHA-256."))
    text = models.TextField(help_text=_("The exact text next to the checkbox."))
    version = models.ForeignKey(
        PolicyVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topics = models.CharField(max_length=200, blank=True, help_text=_("Slugs."))
    source = models.CharField(_("signed up at"), max_length=12, choices=Source.choices)
    origin = models.CharField(max_length=200, blank=True, help_text=_("As an import states it."))
    network = models.CharField(max_length=64, blank=True, help_text=_("Truncated IP address."))
    details = models.JSONField(
        default=dict, blank=True, help_text=_("Optional details, until confirmed.")
    )
    requested_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_network = models.CharField(max_length=64, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_how = models.CharField(max_length=60, blank=True)
    old_token_hash = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of the token of a deleted subscriber.")
    )

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["old_token_hash"], condition=~Q(old_token_hash=""), name="consent_old_token"
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class SubscriberEvent(models.Model):
    """What happened to a subscriber, when, by whom."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60)
    note = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60, blank=True, help_text=_("Staff; empty: the subscriber."))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.what


class Reason(models.TextChoices):
    """Why an address is suppressed."""

    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    HARD_BOUNCE = "hard", _("Hard bounce")
    SOFT_BOUNCES = "soft", _("Three soft bounces")
    COMPLAINT = "complaint", _("Spam complaint")
    STAFF = "staff", _("Do not contact (staff)")
    ERASED = "erased", _("Erased")


class Suppression(models.Model):
    """One address that gets no campaign. Only a new confirmation by its owner lifts it."""

    email_hash = models.CharField(max_length=64, unique=True, help_text=_("SHA-256."))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppression list")

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.email_hash[:8]}"


class RowResult(models.TextChoices):
    """What an import does with a row. One letter, so that 50,000 rows take 50 kB."""

    NEW = "n", _("New: subscribed")
    ASKED = "a", _("New: asked to confirm")
    KNOWN = "k", _("Skipped: already known")
    SUPPRESSED = "s", _("Skipped: on the suppression list")
    DUPLICATE = "d", _("Skipped: duplicate in this file")
    NO_CONSENT = "c", _("Error: consent missing")
    BAD_EMAIL = "b", _("Error: invalid email")
    INVALID = "x", _("Error: invalid value")


#: Results that add a person. All others change nothing.
ADDED = (RowResult.NEW, RowResult.ASKED)


class ImportState(models.TextChoices):
    CHECKED = "checked", _("Checked, not imported")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Imported")
    EXPIRED = "expired", _("Expired")


class ImportRun(models.Model):
    """One uploaded file: the result of its dry run, and how far it has been imported.

    The file is in the private storage for an hour and is deleted then; totals stay.
    """

    file_name = models.CharField(_("file"), max_length=120)
    stored = models.CharField(max_length=120, blank=True, help_text=_("Empty: deleted."))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(
        _("state"), max_length=7, choices=ImportState.choices, default=ImportState.CHECKED
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    results = models.TextField(blank=True, help_text=_("One letter per row, in order."))
    samples = models.JSONField(default=list, help_text=_("The first skipped rows, with reasons."))
    ignored = models.CharField(max_length=200, blank=True, help_text=_("Unknown columns."))
    position = models.PositiveIntegerField(default=0, help_text=_("Rows processed."))
    added = models.PositiveIntegerField(_("subscribed"), default=0)
    asked = models.PositiveIntegerField(_("asked to confirm"), default=0)
    changed = models.PositiveIntegerField(
        default=0, help_text=_("Known or suppressed since the dry run.")
    )
    problem = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    checked_at = models.DateTimeField(_("checked"), default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.file_name

    def total(self, result: str) -> int:
        """Return how many rows had a result in the dry run."""
        return self.results.count(result)

    @property
    def to_add(self) -> int:
        """Return how many people the file would add."""
        return sum(self.total(result) for result in ADDED)
