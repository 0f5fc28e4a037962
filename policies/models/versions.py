"""Policies and their versions."""

import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from policies.models.final import FinalOncePublished, FinalQuerySet
from policies.states import UNPUBLISHED, VERSION, Stage


class Policy(models.Model):
    """A subject on which the shop makes promises, e.g. privacy."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    accepted_at_checkout = models.BooleanField(
        default=False, help_text="Shoppers tick that they agree to it before they pay."
    )
    accepted_at_registration = models.BooleanField(
        default=False, help_text="Whoever opens an account ticks that they agree to it."
    )
    notice_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days between publishing a material change and its taking effect."
    )
    review_by = models.DateField(
        null=True, blank=True, help_text="By then somebody reads it again and says that it is true."
    )
    required_sections = models.TextField(
        blank=True,
        help_text="Headings that every text of it has, one a line. Review is refused without one.",
    )

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "policies"
        permissions = [
            ("review_policy", "Can say that a policy was read and is still true"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the text in force."""
        return reverse("policies:page", args=[self.slug])


class Kind(models.TextChoices):
    """What a change means for those who agreed to the text before."""

    MATERIAL = "material", "material: what we promise or do changes"
    EDITORIAL = "editorial", "editorial: only the words change"


class PolicyVersionQuerySet(FinalQuerySet):
    def in_force_at(self, moment: datetime) -> "PolicyVersionQuerySet":
        """Return the texts that are or were in force by a moment, newest first per policy."""
        return (
            self.published()
            .filter(effective_from__lte=moment)
            .order_by("policy__position", "policy__slug", "-number")
        )


class PolicyVersion(FinalOncePublished):
    """A text customers agreed to: written, reviewed and approved by people, then numbered, dated
    and sealed by `services.publish`. Once published it never changes."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, blank=True, editable=False)
    stage = models.CharField(
        max_length=10, choices=Stage.choices, default=Stage.DRAFT, editable=False
    )
    source = models.TextField(
        blank=True, help_text="Markdown, with {{ variables }} and <!-- promise: ids -->."
    )
    body = models.TextField(
        blank=True, editable=False, help_text="The text as published: nothing left to fill in."
    )
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.MATERIAL)
    summary = models.CharField(
        max_length=255, blank=True, help_text="What changed, in plain words."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    restores = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    effective_from = models.DateTimeField(null=True, blank=True, editable=False)
    short_notice = models.CharField(
        max_length=255, blank=True, editable=False,
        help_text="Why a material change took effect before its notice was over.",
    )  # fmt: skip
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    previous_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects: ClassVar[PolicyVersionQuerySet] = PolicyVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["policy", "-number"]
        permissions = [
            ("approve_policyversion", "Can approve a policy's text"),
            ("publish_policyversion", "Can publish a policy's text"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_text_per_number"),
            models.CheckConstraint(
                condition=models.Q(published_at=None, stage__in=UNPUBLISHED)
                | (
                    models.Q(published_at__isnull=False, number__isnull=False)
                    & models.Q(effective_from__isnull=False, stage=Stage.PUBLISHED)
                    & ~models.Q(sha256="")
                ),
                name="published_texts_are_numbered_dated_and_sealed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}" if self.number else f"{self.policy} ({self.stage})"

    def get_absolute_url(self) -> str:
        """Return the address at which this text stays for good."""
        return reverse("policies:version", args=[self.policy.slug, self.number])

    @property
    def state(self) -> Stage:
        """Return where the text stands now; of a published one its dates and successors tell."""
        return self.state_at(timezone.now())

    def state_at(self, moment: datetime) -> Stage:
        """Return where the text stands, or of a published one stood, at a moment."""
        in_force = type(self).objects.in_force_at(moment).filter(policy_id=self.policy_id)
        newest = in_force.values_list("number", flat=True).first() if self.is_published else None
        return self.state_beside(newest, moment)

    def state_beside(self, in_force: int | None, moment: datetime) -> Stage:
        """Return where the text stands at a moment at which number `in_force` is in force."""
        if not self.is_published or self.effective_from is None or self.number is None:
            return Stage(self.stage)
        if self.effective_from > moment:
            return Stage.SCHEDULED
        is_old = in_force is not None and in_force > self.number
        return Stage.SUPERSEDED if is_old else Stage.PUBLISHED

    def move_to(self, new: Stage) -> None:
        """Change the stage of a row that the caller has locked; refuse what is not allowed."""
        VERSION.check(self.stage, new)
        self.stage = new

    def canonical_text(self) -> str:
        """Return what the seal covers: the text and its dates and place in the chain, written so
        that the same content always gives the same bytes."""
        assert self.published_at is not None  # noqa: S101 (a draft has no seal)
        assert self.effective_from is not None  # noqa: S101
        content = {
            "policy": self.policy.slug,
            "number": self.number,
            "published_at": self.published_at.astimezone(UTC).isoformat(),
            "effective_from": self.effective_from.astimezone(UTC).isoformat(),
            "summary": normal(self.summary),
            "body": normal(self.body),
            "previous": self.previous_sha256,
        }
        # left out where they say nothing: seals from before they existed still hold
        if self.kind != Kind.MATERIAL:
            content["kind"] = self.kind
        if self.short_notice:
            content["short_notice"] = normal(self.short_notice)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def seal(self) -> str:
        """Return the SHA-256 of the canonical text in hex; it covers the seal before it."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()


def normal(text: str) -> str:
    """Return a text in one of its many equal forms: NFC, LF line ends, no space at line ends."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


class VersionEvent(models.Model):
    """One step of the work on a text: who, when, what and why. Only added to."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=12, help_text="written, review, approved, draft, published")
    why = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.version}: {self.what}"

    @property
    def what_in_words(self) -> str:
        """Return the step as a list of steps says it."""
        words = {Stage.REVIEW: "submitted for review", Stage.DRAFT: "sent back"}
        return words.get(Stage(self.what), self.what) if self.what in Stage else self.what


class Review(models.Model):
    """Somebody read the text in force again and said that it is still true. Only added to."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="reviews")
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    next_by = models.DateField(help_text="When it is to be read again.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.version} read again"


class Effect(models.Model):
    """A text took effect: written once by whichever worker notices first."""

    version = models.OneToOneField(PolicyVersion, on_delete=models.PROTECT, related_name="effect")
    noticed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.version} in force"
