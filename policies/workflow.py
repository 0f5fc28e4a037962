"""The life of a policy version, from draft to the day it takes effect.

Each function is one transaction that locks the policy's row and records an event. `seen` is the
number of the last event that the user's page showed (`last_event`): if anyone has worked on the
version since then, the function raises PolicyError and changes nothing.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from microflight.core import page_cache
from microflight.core.business import SASKATOON
from microflight.core.errors import ServiceError
from microflight.core.states import NotAllowed
from policies import variables
from policies.models import (
    ChangeType,
    Policy,
    PolicyTranslation,
    PolicyVersion,
    Review,
    VersionEvent,
)
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

Action = VersionEvent.Action
#: Sent once per published version, inside the transaction that publishes it: `version`.
published = Signal()
#: Checks that a version must pass before review; each returns error messages. `lint` adds its own.
CHECKS: list[Callable[[PolicyVersion], list[str]]] = []


class PolicyError(ServiceError):
    """The request was rejected and nothing has changed. The message may be shown to staff."""

    def __str__(self) -> str:
        return " ".join(self.texts)


# --- Drafts --------------------------------------------------------------------------------------


@transaction.atomic
def create_draft(
    policy: Policy, *, user: "User | None", based_on: PolicyVersion | None = None
) -> PolicyVersion:
    """Create a draft with the content of another version (default: the newest published one)."""
    newest = policy.versions.published().order_by("-number").first()
    base = based_on or newest
    restores = base if base and newest and base.pk != newest.pk else None
    draft = PolicyVersion.objects.create(
        policy=policy,
        source=(base.source or base.body) if base else "",
        author=user,
        restores=restores,
        summary=_("Restores version %(number)s.") % {"number": restores.number} if restores else "",
    )
    _record(draft, Action.EDITED, user)
    return draft


@transaction.atomic
def save_draft(
    version: PolicyVersion, *, user: "User | None", seen: int | None = None
) -> PolicyVersion:
    """Save a draft's type of change, summary and source. Raises PolicyError if it is no draft."""
    stored = _lock(version, seen)
    if stored.stage != Stage.DRAFT:
        raise PolicyError(
            _("This version is %(state)s and can no longer be edited.")
            % {"state": stored.get_stage_display()}
        )
    version.stage = stored.stage
    version.source = version.source.replace("\r\n", "\n")  # browsers send two characters
    version.save(update_fields=["change_type", "summary", "source"])
    _record(version, Action.EDITED, user)
    return version


def last_event(version: PolicyVersion) -> int:
    """Return the ID of a version's last event, 0 if there is none."""
    return version.events.order_by("-pk").values_list("pk", flat=True).first() or 0


# --- Review --------------------------------------------------------------------------------------


@transaction.atomic
def submit_for_review(
    version: PolicyVersion, *, user: "User | None", seen: int | None = None
) -> PolicyVersion:
    """Move a draft to review. Raises PolicyError with everything that the checks found."""
    stored = _lock(version, seen)
    if errors := [message for check in CHECKS for message in check(stored)]:
        raise PolicyError(*errors)
    return _move(stored, Stage.REVIEW, Action.SUBMITTED, user)


@transaction.atomic
def return_to_draft(
    version: PolicyVersion, *, user: "User | None", comment: str, seen: int | None = None
) -> PolicyVersion:
    """Return a version to its author. Raises PolicyError without a comment."""
    if not comment.strip():
        raise PolicyError(_("Describe what needs to change."))
    stored = _lock(version, seen)
    stored.approver = None
    return _move(stored, Stage.DRAFT, Action.RETURNED, user, comment)


@transaction.atomic
def approve(version: PolicyVersion, *, user: "User", seen: int | None = None) -> PolicyVersion:
    """Approve a version for publishing. Raises PolicyError if the user has edited it."""
    stored = _lock(version, seen)
    has_edited = stored.events.filter(action=Action.EDITED, user=user).exists()
    if has_edited or stored.author_id == user.pk:
        raise PolicyError(_("You have edited this version. Someone else must approve it."))
    stored.approver = user
    return _move(stored, Stage.APPROVED, Action.APPROVED, user)


# --- Publishing ----------------------------------------------------------------------------------


@transaction.atomic
def publish(
    version: PolicyVersion,
    *,
    user: "User | None" = None,
    effective_on: date | None = None,
    short_notice_reason: str = "",
    seen: int | None = None,
) -> PolicyVersion:
    """Number, date and hash an approved version. A second call returns the published version.

    It takes effect at midnight in Saskatoon on `effective_on`; without a date immediately, or
    for a material change after the notice period. An earlier date requires a reason. If two
    users publish at once, their versions get consecutive numbers. Raises PolicyError.
    """
    stored = _lock(version)
    if stored.is_published:
        return stored
    _require_unchanged(stored, seen)
    if stored.stage != Stage.APPROVED:
        raise PolicyError(
            _("This version is %(state)s and cannot be published.")
            % {"state": stored.get_stage_display()}
        )
    last = stored.policy.versions.published().order_by("-number").first()
    _set_effective_date(stored, last, effective_on, short_notice_reason.strip())
    return _publish(stored, last, user)


@transaction.atomic
def adopt(
    policy: Policy,
    source: str,
    *,
    summary: str = "",
    effective_on: date | None = None,
    change_type: ChangeType = ChangeType.EDITORIAL,
) -> PolicyVersion:
    """Publish a version without review, as the seed data does.

    `effective_on` may be in the past. Raises PolicyError for an unknown variable.
    """
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    version = PolicyVersion(policy=locked, source=source, summary=summary, change_type=change_type)
    last = locked.versions.published().order_by("-number").first()
    version.effective_from = midnight(effective_on) if effective_on else _now()
    return _publish(version, last, None)


@transaction.atomic
def publish_translation(
    translation: PolicyTranslation, *, user: "User | None"
) -> PolicyTranslation:
    """Fill in the variables of a translation and hash it. A second call changes nothing.

    Raises PolicyError if its version is not published, or for an unknown variable.
    """
    Policy.objects.select_for_update().get(pk=translation.version.policy_id)
    stored = PolicyTranslation.objects.select_related("version__policy").get(pk=translation.pk)
    if stored.is_published:
        return stored
    if not stored.version.is_published:
        raise PolicyError(_("The version that it translates is not published yet."))
    stored.body = _fill(stored.body)
    stored.published_at = _now()
    stored.sha256 = stored.calculate_sha256()
    stored.save()
    _record(stored.version, Action.TRANSLATED, user, f"{stored.language}: {stored.title}")
    page_cache.invalidate()
    return stored


@transaction.atomic
def record_effective_versions() -> list[PolicyVersion]:
    """Record each version that has taken effect, once, and invalidate the page cache.

    Which version is in force follows from the dates alone. Returns the newly recorded versions.
    """
    due = PolicyVersion.objects.published().filter(effective_from__lte=timezone.now())
    new = [
        version
        for version in due.exclude(events__action=Action.TOOK_EFFECT)
        if VersionEvent.objects.get_or_create(version=version, action=Action.TOOK_EFFECT)[1]
    ]
    if new:
        page_cache.invalidate()
    return new


@transaction.atomic
def mark_as_reviewed(policy: Policy, *, user: "User", next_review_on: date) -> Review:
    """Record that a user checked the version in force, and set the next review date.

    Raises PolicyError for a date that is not in the future, or if no version is in force.
    """
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    if next_review_on <= timezone.localdate():
        raise PolicyError(_("Choose a date in the future."))
    in_force = PolicyVersion.objects.in_force_at(timezone.now()).filter(policy=locked).first()
    if in_force is None:
        raise PolicyError(_("No version of this policy is in force."))
    locked.next_review_on = next_review_on
    locked.save(update_fields=["next_review_on"])
    return Review.objects.create(
        policy=locked, version=in_force, reviewer=user, next_review_on=next_review_on
    )


def midnight(day: date) -> datetime:
    """Return the first moment of a day in Saskatoon."""
    return datetime.combine(day, time(), SASKATOON)


def earliest_effective_date(version: PolicyVersion) -> date:
    """Return the first day on which a version may take effect if it is published today."""
    today = timezone.localdate()
    is_first = not version.policy.versions.published().exists()
    if version.change_type != ChangeType.MATERIAL or is_first:
        return today
    return today + timedelta(days=version.policy.notice_days + 1)  # whole days


# --- Helpers -------------------------------------------------------------------------------------


def _set_effective_date(
    version: PolicyVersion, last: PolicyVersion | None, wanted: date | None, reason: str
) -> None:
    earliest = earliest_effective_date(version)
    day = wanted or earliest
    if day < timezone.localdate():
        raise PolicyError(_("The effective date cannot be in the past."))
    if day < earliest and not reason:
        raise PolicyError(
            ngettext(
                "A material change needs %(days)s day of notice: it can take effect on %(date)s "
                "or later. An earlier date requires a reason.",
                "A material change needs %(days)s days of notice: it can take effect on %(date)s "
                "or later. An earlier date requires a reason.",
                version.policy.notice_days,
            )
            % {"days": version.policy.notice_days, "date": date_format(earliest, "F j, Y")}
        )
    version.effective_from = max(_now(), midnight(day))
    version.short_notice_reason = reason if day < earliest else ""
    if last and last.effective_from and version.effective_from < last.effective_from:
        raise PolicyError(
            _("Version %(number)s takes effect on %(date)s; later versions cannot precede it.")
            % {
                "number": last.number,
                "date": date_format(timezone.localtime(last.effective_from), "F j, Y"),
            }
        )


def _publish(
    version: PolicyVersion, last: PolicyVersion | None, user: "User | None"
) -> PolicyVersion:
    """Freeze the content and the place in the hash chain. The caller holds the policy's lock."""
    version.body = _fill(version.source)
    version.number = (last.number or 0) + 1 if last else 1
    version.previous_sha256 = last.sha256 if last else ""
    version.published_at = _now()
    version.stage = Stage.PUBLISHED
    version.sha256 = version.calculate_sha256()
    version.save()
    _record(version, Action.PUBLISHED, user, version.short_notice_reason)
    published.send(sender=PolicyVersion, version=version)
    record_effective_versions()
    page_cache.invalidate()
    return version


def _fill(source: str) -> str:
    try:
        return variables.fill(source)
    except variables.UnknownVariable as error:
        raise PolicyError(str(error)) from error


def _move(
    version: PolicyVersion, new: Stage, action: str, user: "User | None", comment: str = ""
) -> PolicyVersion:
    try:
        version.move_to(new)
    except NotAllowed as error:
        raise PolicyError(str(error)) from error
    version.save()
    _record(version, action, user, comment)
    return version


def _lock(version: PolicyVersion, seen: int | None = None) -> PolicyVersion:
    """Return the stored version under the lock of its policy. Raises PolicyError."""
    Policy.objects.select_for_update().get(pk=version.policy_id)
    stored = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    _require_unchanged(stored, seen)
    return stored


def _require_unchanged(version: PolicyVersion, seen: int | None) -> None:
    if seen is not None and seen != last_event(version):
        raise PolicyError(
            _("Someone else has changed this version. Reload the page and try again.")
        )


def _now() -> datetime:
    """Return the present moment in milliseconds: `dumpdata` writes no more, and it is hashed."""
    now = timezone.now().astimezone(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _record(version: PolicyVersion, action: str, user: "User | None", comment: str = "") -> None:
    VersionEvent.objects.create(version=version, action=action, user=user, comment=comment[:255])
