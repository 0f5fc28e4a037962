"""The way of a text from the first line to the day on which it counts.

Each act is one transaction under the lock of the policy's row, and writes who did what and why.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from microflight.core import page_cache
from microflight.core.business import SASKATOON
from microflight.core.states import NotAllowed
from policies import variables
from policies.models import (
    Effect,
    Kind,
    Policy,
    PolicyTranslation,
    PolicyVersion,
    Review,
    VersionEvent,
)
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

#: Sent once for each published version, inside the transaction that published it: `version`.
published = Signal()
#: What has to hold before a text goes to review: returns sentences. `lint` adds its own.
CHECKS: list[Callable[[PolicyVersion], list[str]]] = []


class PolicyError(Exception):
    """It cannot be done; its sentences say why, and may be shown to staff."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = sentences

    def __str__(self) -> str:
        return " ".join(self.sentences)


# --- Writing -------------------------------------------------------------------------------------


@transaction.atomic
def new_draft(
    policy: Policy, *, by: "User | None", based_on: PolicyVersion | None = None
) -> PolicyVersion:
    """Begin a new text, with the words of another one (default: the newest published one)."""
    newest = policy.versions.published().order_by("-number").first()
    start = based_on or newest
    restores = start if start and newest and start.pk != newest.pk else None
    draft = PolicyVersion.objects.create(
        policy=policy,
        source=(start.source or start.body) if start else "",
        author=by,
        restores=restores,
        summary=f"Brings back version {restores.number}." if restores else "",
    )
    _note(draft, "written", by)
    return draft


@transaction.atomic
def write(version: PolicyVersion, *, by: "User | None", seen: int | None = None) -> PolicyVersion:
    """Save a draft's kind, summary and words, with line ends as the checks count them (browsers
    send two signs). Raises PolicyError unless it is a draft."""
    stored = _locked(version, seen)
    if stored.stage != Stage.DRAFT:
        raise PolicyError(f"A text that is {stored.get_stage_display()} is not written on.")
    version.stage = stored.stage
    version.source = version.source.replace("\r\n", "\n")
    version.save(update_fields=["kind", "summary", "source"])
    _note(version, "written", by)
    return version


def last_step(version: PolicyVersion) -> int:
    """Return which step of the work on a text was the last: 0 where there was none.

    A page carries it as `seen`: an act is refused where somebody was faster.
    """
    return version.events.order_by("-pk").values_list("pk", flat=True).first() or 0


# --- Review --------------------------------------------------------------------------------------


@transaction.atomic
def submit(version: PolicyVersion, *, by: "User | None", seen: int | None = None) -> PolicyVersion:
    """Ask for a review. Raises PolicyError with everything that is wrong with the text."""
    stored = _locked(version, seen)
    if wrong := [words for check in CHECKS for words in check(stored)]:
        raise PolicyError(*wrong)
    return _step(stored, Stage.REVIEW, by)


@transaction.atomic
def send_back(
    version: PolicyVersion, *, by: "User | None", why: str, seen: int | None = None
) -> PolicyVersion:
    """Return a text to its writer. Raises PolicyError."""
    if not why.strip():
        raise PolicyError("Please say what is to be changed.")
    return _step(_locked(version, seen), Stage.DRAFT, by, why=why, approver=None)


@transaction.atomic
def approve(version: PolicyVersion, *, by: "User", seen: int | None = None) -> PolicyVersion:
    """Say that a text may be published. Raises PolicyError: nobody approves their own words."""
    stored = _locked(version, seen)
    wrote = stored.events.filter(what="written", by=by).exists()
    if wrote or stored.author_id == by.pk:
        raise PolicyError("You wrote on this text yourself. Somebody else has to approve it.")
    return _step(stored, Stage.APPROVED, by, approver=by)


# --- Publishing ----------------------------------------------------------------------------------


@transaction.atomic
def publish(
    version: PolicyVersion,
    *,
    by: "User | None" = None,
    effective_on: date | None = None,
    short_notice: str = "",
    seen: int | None = None,
) -> PolicyVersion:
    """Number, date and seal an approved text, once: a second call returns what the first one made.

    It takes effect at midnight of `effective_on` in Saskatoon. Without a date that is now, or, for
    a material change, after the policy's notice. Sooner needs a reason, which is kept. Two people
    who publish at once get consecutive numbers: the policy's row is the lock. Raises PolicyError.
    """
    stored = _locked(version)
    if stored.is_published:
        return stored
    _refuse_if_changed(stored, seen)
    if stored.stage != Stage.APPROVED:
        raise PolicyError(f"A text that is {stored.get_stage_display()} cannot be published.")
    last = stored.policy.versions.published().order_by("-number").first()
    _date(stored, last, effective_on, short_notice.strip())
    return _publish(stored, last, by)


@transaction.atomic
def adopt(
    policy: Policy,
    source: str,
    *,
    summary: str = "",
    effective_on: date | None = None,
    kind: Kind = Kind.EDITORIAL,
) -> PolicyVersion:
    """Publish a text that comes with the software: nobody in the admin wrote or approved it.

    `effective_on` may lie in the past, for editions that were in force before this shop. Raises
    PolicyError for an unknown variable.
    """
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    version = PolicyVersion(policy=locked, source=source, summary=summary, kind=kind)
    last = locked.versions.published().order_by("-number").first()
    version.effective_from = midnight(effective_on) if effective_on else _now()
    return _publish(version, last, None)


@transaction.atomic
def publish_translation(translation: PolicyTranslation, *, by: "User | None") -> PolicyTranslation:
    """Seal a translation of a published text, once. Raises PolicyError for that of a draft."""
    Policy.objects.select_for_update().get(pk=translation.version.policy_id)
    stored = PolicyTranslation.objects.select_related("version__policy").get(pk=translation.pk)
    if stored.is_published:
        return stored
    if not stored.version.is_published:
        raise PolicyError("The text that it translates is not published yet.")
    try:
        stored.body = variables.filled(stored.body)
    except variables.UnknownVariable as unknown:
        raise PolicyError(str(unknown)) from unknown
    stored.published_at = _now()
    stored.sha256 = stored.seal()
    stored.save()
    _note(stored.version, "translated", by, f"{stored.language}: {stored.title}")
    page_cache.invalidate()
    return stored


@transaction.atomic
def take_effect() -> list[PolicyVersion]:
    """Note, once for each, the texts that have taken effect since the last look.

    What is in force follows from the dates alone; this lets stored pages go and tells who asks.
    """
    due = PolicyVersion.objects.published().filter(effective_from__lte=timezone.now(), effect=None)
    noticed = [version for version in due if Effect.objects.get_or_create(version=version)[1]]
    if noticed:
        page_cache.invalidate()
    return noticed


@transaction.atomic
def read_again(policy: Policy, *, by: "User", next_by: date) -> Review:
    """Note that somebody read the text in force and found it true, and when to read it next.

    Raises PolicyError for a day that is over, and where no text is in force.
    """
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    if next_by <= timezone.now().astimezone(SASKATOON).date():
        raise PolicyError("The next reading lies in the future.")
    in_force = PolicyVersion.objects.in_force_at(timezone.now()).filter(policy=locked).first()
    if in_force is None:
        raise PolicyError("No text of this policy is in force.")
    locked.review_by = next_by
    locked.save(update_fields=["review_by"])
    return Review.objects.create(policy=locked, version=in_force, by=by, next_by=next_by)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in Saskatoon."""
    return datetime.combine(day, time(), SASKATOON)


def earliest_day(version: PolicyVersion) -> date:
    """Return the first day on which a text may take effect if it is published now, with notice."""
    today = timezone.now().astimezone(SASKATOON).date()
    if version.kind != Kind.MATERIAL or not version.policy.versions.published().exists():
        return today
    return today + timedelta(days=version.policy.notice_days + 1)  # whole days


# --- The parts -----------------------------------------------------------------------------------


def _date(
    version: PolicyVersion, last: PolicyVersion | None, wanted: date | None, short_notice: str
) -> None:
    now, earliest = _now(), earliest_day(version)
    day = wanted or earliest
    if day < now.astimezone(SASKATOON).date():
        raise PolicyError("A text cannot take effect on a day that is over.")
    if day < earliest and not short_notice:
        raise PolicyError(
            f"A material change takes effect after {version.policy.notice_days} days of notice: on "
            f"{earliest:%d %B %Y} or later. Sooner needs a reason, which is kept."
        )
    version.effective_from = max(now, midnight(day))
    version.short_notice = short_notice if day < earliest else ""
    if last and last.effective_from and version.effective_from < last.effective_from:
        day_before = timezone.localtime(last.effective_from)
        raise PolicyError(
            f"Version {last.number} takes effect on {day_before:%d %B %Y}; "
            "a later version cannot do so before it."
        )


def _publish(
    version: PolicyVersion, last: PolicyVersion | None, by: "User | None"
) -> PolicyVersion:
    """Freeze the words and the place in the chain. The caller holds the policy's lock."""
    try:
        version.body = variables.filled(version.source)
    except variables.UnknownVariable as unknown:
        raise PolicyError(str(unknown)) from unknown
    version.number = (last.number or 0) + 1 if last else 1
    version.previous_sha256 = last.sha256 if last else ""
    version.published_at = _now()
    version.stage = Stage.PUBLISHED
    version.sha256 = version.seal()
    version.save()
    _note(version, "published", by, version.short_notice)
    published.send(sender=PolicyVersion, version=version)
    take_effect()
    page_cache.invalidate()
    return version


def _step(
    version: PolicyVersion, new: Stage, by: "User | None", why: str = "", **changed: object
) -> PolicyVersion:
    try:
        version.move_to(new)
    except NotAllowed as refusal:
        raise PolicyError(str(refusal)) from refusal
    for name, value in changed.items():
        setattr(version, name, value)
    version.save()
    _note(version, str(new), by, why)
    return version


def _locked(version: PolicyVersion, seen: int | None = None) -> PolicyVersion:
    """The version as stored now, under the lock of its policy."""
    Policy.objects.select_for_update().get(pk=version.policy_id)
    stored = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    _refuse_if_changed(stored, seen)
    return stored


def refuse_if_changed(version: PolicyVersion, seen: int) -> None:
    """Raise PolicyError where somebody worked on a text after step `seen`; holds its lock."""
    _locked(version, seen)


def _refuse_if_changed(version: PolicyVersion, seen: int | None) -> None:
    if seen is not None and seen != last_step(version):
        raise PolicyError("Somebody worked on this text since you opened it. Look at it again.")


def _now() -> datetime:
    """The moment, in milliseconds: `dumpdata` writes no more, and the seal covers it."""
    now = timezone.now().astimezone(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _note(version: PolicyVersion, what: str, by: "User | None", why: str = "") -> None:
    VersionEvent.objects.create(version=version, what=what, by=by, why=why[:255])
