"""Policies and their versions."""

import unicodedata
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_POSITION, Bounds
from policies.models.immutable import ImmutableOncePublished, ImmutableOncePublishedQuerySet
from policies.states import UNPUBLISHED, VERSION, Stage


class PolicyQuerySet(models.QuerySet["Policy"]):
    def due_for_review(self, day: date | None = None) -> "PolicyQuerySet":
        """Return the policies whose review date is before a day (default: today in Saskatoon),
        longest overdue first."""
        overdue = self.filter(next_review_on__lt=day or timezone.localdate())
        return overdue.order_by("next_review_on", "position")


class Policy(models.Model):
    """A subject with its own versions, for example privacy or shipping."""

    slug = models.SlugField(_("slug"), unique=True)
    title = models.CharField(_("title"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    required_at_checkout = models.BooleanField(
        _("required at checkout"),
        default=False,
        help_text=_("Customers must accept it before they pay."),
    )
    required_at_registration = models.BooleanField(
        _("required at registration"),
        default=False,
        help_text=_("Customers must accept it to create an account."),
    )
    notice_days = models.PositiveSmallIntegerField(
        _("notice period"),
        default=30,
        help_text=_("Days between publishing a material change and its effective date."),
    )
    next_review_on = models.DateField(
        _("next review date"),
        null=True,
        blank=True,
        help_text=_("The date by which someone must check that the policy is still correct."),
    )
    required_sections = models.TextField(
        _("required sections"),
        blank=True,
        help_text=_("Headings that every version must have, one per line."),
    )

    objects: ClassVar[PolicyQuerySet] = PolicyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        permissions = [("review_policy", "Can mark a policy as reviewed")]
        constraints = [
            Bounds("notice_days", 0, 365),
            Bounds("position", 0, MAX_POSITION),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the URL of the version in force."""
        return reverse("policies:page", args=[self.slug])


class ChangeType(models.TextChoices):
    """What a version changes for customers who accepted the previous one."""

    MATERIAL = "material", _("Material: changes what we promise or do")
    EDITORIAL = "editorial", _("Editorial: changes the wording only")


class PolicyVersionQuerySet(ImmutableOncePublishedQuerySet):
    def in_force_at(self, moment: datetime) -> "PolicyVersionQuerySet":
        """Return the versions in effect at or before a moment, newest first per policy."""
        return (
            self.published()
            .filter(effective_from__lte=moment)
            .order_by("policy__position", "policy__slug", "-number")
        )


class PolicyVersion(ImmutableOncePublished):
    """A version that customers accept: written, reviewed and approved by staff, then numbered,
    dated and hashed by `workflow.publish`. Immutable once published."""

    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="versions", verbose_name=_("policy")
    )
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    stage = models.CharField(
        _("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT, editable=False
    )
    source = models.TextField(
        _("source"),
        blank=True,
        help_text=_("Markdown with {{ variables }} and <!-- promise: ids -->."),
    )
    body = models.TextField(
        _("body"), blank=True, editable=False, help_text=_("Markdown as published.")
    )
    change_type = models.CharField(
        _("type of change"),
        max_length=9,
        choices=ChangeType.choices,
        default=ChangeType.MATERIAL,
    )
    summary = models.CharField(
        _("summary of changes"), max_length=255, blank=True, help_text=_("Shown to customers.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("author"),
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("approver"),
    )
    restores = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("restores"),
    )
    effective_from = models.DateTimeField(
        _("effective from"), null=True, blank=True, editable=False
    )
    short_notice_reason = models.CharField(
        _("reason for short notice"),
        max_length=255,
        blank=True,
        editable=False,
        help_text=_("Why a material change took effect before its notice period ended."),
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    previous_sha256 = models.CharField(
        _("SHA-256 of the previous version"), max_length=64, blank=True, editable=False
    )

    objects: ClassVar[PolicyVersionQuerySet] = PolicyVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["policy", "-number"]
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        permissions = [
            ("approve_policyversion", "Can approve a policy version"),
            ("publish_policyversion", "Can publish a policy version"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_version_per_number"),
            models.CheckConstraint(
                condition=models.Q(published_at=None, stage__in=UNPUBLISHED)
                | (
                    models.Q(published_at__isnull=False, number__isnull=False)
                    & models.Q(effective_from__isnull=False, stage=Stage.PUBLISHED)
                    & ~models.Q(sha256="")
                ),
                name="published_versions_have_number_date_and_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}" if self.number else f"{self.policy} ({self.stage})"

    def get_absolute_url(self) -> str:
        """Return the permanent URL of this version."""
        return reverse("policies:version", args=[self.policy.slug, self.number])

    @property
    def state(self) -> Stage:
        """Return the present state; for a published version it follows from the dates."""
        return self.state_at(timezone.now())

    def state_at(self, moment: datetime) -> Stage:
        """Return the state of a published version at a moment, otherwise its stage."""
        in_force = type(self).objects.in_force_at(moment).filter(policy_id=self.policy_id)
        newest = in_force.values_list("number", flat=True).first() if self.is_published else None
        return self.state_given(newest, moment)

    def state_given(self, number_in_force: int | None, moment: datetime) -> Stage:
        """Return the state at a moment, without a query: the caller knows what is in force."""
        if not self.is_published or self.effective_from is None or self.number is None:
            return Stage(self.stage)
        if self.effective_from > moment:
            return Stage.SCHEDULED
        is_old = number_in_force is not None and number_in_force > self.number
        return Stage.SUPERSEDED if is_old else Stage.PUBLISHED

    def move_to(self, new: Stage) -> None:
        """Change the stage of a locked row. Raises NotAllowed."""
        VERSION.check(self.stage, new)
        self.stage = new

    def hashed_content(self) -> dict[str, Any]:
        """Return the content, and the previous version's hash."""
        assert self.published_at is not None  # noqa: S101 (drafts have no hash)
        assert self.effective_from is not None  # noqa: S101
        return {
            "policy": self.policy.slug,
            "number": self.number,
            "published_at": self.published_at.astimezone(UTC).isoformat(),
            "effective_from": self.effective_from.astimezone(UTC).isoformat(),
            "change_type": self.change_type,
            "summary": normalize(self.summary),
            "short_notice_reason": normalize(self.short_notice_reason),
            "body": normalize(self.body),
            "previous_sha256": self.previous_sha256,
        }


def normalize(text: str) -> str:
    """Return a text in NFC with LF line ends, without white space at line ends."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


class VersionEvent(models.Model):
    """A step in the life of a version: who did what, when and why. Rows are only added."""

    class Action(models.TextChoices):
        EDITED = "edited", _("Edited")
        SUBMITTED = "submitted", _("Submitted for review")
        RETURNED = "returned", _("Returned to draft")
        APPROVED = "approved", _("Approved")
        PUBLISHED = "published", _("Published")
        TRANSLATED = "translated", _("Translation published")
        TOOK_EFFECT = "took-effect", _("Took effect")

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="events", verbose_name=_("version")
    )
    action = models.CharField(_("action"), max_length=12, choices=Action.choices)
    comment = models.CharField(_("comment"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(_("date"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("version event")
        verbose_name_plural = _("version events")
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(action="took-effect"),
                name="version_takes_effect_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.action}"


class Review(models.Model):
    """Someone checked that the version in force is still correct. Rows are only added."""

    policy = models.ForeignKey(
        Policy, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("policy")
    )
    version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("version")
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("reviewer"),
    )
    reviewed_at = models.DateTimeField(_("reviewed on"), auto_now_add=True)
    next_review_on = models.DateField(_("next review date"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return f"{self.version}: reviewed"
