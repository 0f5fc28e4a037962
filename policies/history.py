"""All published versions of a policy, from the first to those that are still to come."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Case, F, Subquery, TextField, Value, When
from django.utils import timezone

from microflight.core.business import FACTS, SASKATOON
from policies.models import Policy, PolicyVersion
from policies.states import Stage

LAST_YEAR = 2100  # no text says yet what holds later


class NotThere(Exception):
    """There is no such text; the words say why and what there is instead."""


@dataclass(frozen=True, slots=True)
class History:
    """A policy's published versions, oldest first, at one moment; only the one in force has its
    words with it."""

    policy: Policy
    versions: tuple[PolicyVersion, ...]
    languages: dict[str, tuple[int, ...]]  # other languages -> numbers of the versions they have
    now: datetime

    def version(self, number: int) -> PolicyVersion:
        """Return a version by its number. Raises NotThere."""
        for version in self.versions:
            if version.number == number:
                return version
        count = len(self.versions)
        raise NotThere(
            f"This policy has no version {number}. "
            + ("It has one version so far." if count == 1 else f"It has {count} versions so far.")
        )

    def in_force(self, moment: datetime | None = None) -> PolicyVersion | None:
        """Return the version in force at a moment (default: now), or None before the first."""
        begun = [v for v in self.versions if _starts(v) <= (moment or self.now)]
        return begun[-1] if begun else None

    def in_force_on(self, day: date) -> PolicyVersion:
        """Return the version in force at the end of a day in Saskatoon. Raises NotThere."""
        if not FACTS.since <= day.year <= LAST_YEAR:
            raise NotThere(
                f"Dates are known from the year {FACTS.since}, in which the shop opened, "
                f"to {LAST_YEAR}."
            )
        version = self.in_force(datetime.combine(day, time.max, SASKATOON))
        if version is None:
            first = timezone.localtime(_starts(self.versions[0]))
            raise NotThere(
                "No text of this policy was in force on that day. "
                f"The first one took effect on {first:%B} {first.day}, {first.year}."
            )
        return version

    def state(self, version: PolicyVersion) -> Stage:
        """Return where a version stands: scheduled, in force or superseded."""
        if _starts(version) > self.now:
            return Stage.SCHEDULED
        return Stage.PUBLISHED if version == self.in_force() else Stage.SUPERSEDED

    def before(self, version: PolicyVersion) -> PolicyVersion | None:
        """Return the version before, or None."""
        place = self.versions.index(version)
        return self.versions[place - 1] if place else None

    def after(self, version: PolicyVersion) -> PolicyVersion | None:
        """Return the version that replaced this one or is going to, or None."""
        following = self.versions[self.versions.index(version) + 1 :]
        return following[0] if following else None

    def body_of(self, version: PolicyVersion) -> str:
        """Return the words of a version: no query for the one in force, otherwise one."""
        bodies = PolicyVersion.objects.values_list("body", flat=True)
        return getattr(version, "words", "") or bodies.get(pk=version.pk)

    def translated(self, language: str) -> PolicyVersion | None:
        """Return the newest version, no later than the one in force, that a language has."""
        now = self.in_force()
        numbers = [n for n in self.languages.get(language, ()) if now and n <= (now.number or 0)]
        return self.version(max(numbers)) if numbers else None


def of(slug: str) -> History | None:
    """Return a policy's history in one query; None where nothing was ever published."""
    now = timezone.now()
    published = PolicyVersion.objects.published().filter(policy__slug=slug)
    in_force = published.filter(effective_from__lte=now).order_by("-number").values("pk")[:1]
    rows = list(
        published.select_related("policy")
        .defer("body", "source")
        .annotate(
            words=Case(
                When(pk=Subquery(in_force), then=F("body")),
                default=Value(""),
                output_field=TextField(),
            )
        )
        .annotate(language=F("translations__language"), sealed=F("translations__published_at"))
        .order_by("number", "translations__language")
    )
    if not rows:
        return None
    versions: dict[int, PolicyVersion] = {}
    languages: dict[str, tuple[int, ...]] = {}
    for row in rows:  # one for each version and language
        number = row.number or 0  # published texts have one
        versions.setdefault(number, row)
        if row.sealed:
            languages[row.language] = (*languages.get(row.language, ()), number)
    return History(rows[0].policy, tuple(versions.values()), languages, now)


def _starts(version: PolicyVersion) -> datetime:
    assert version.effective_from is not None  # noqa: S101 (kept by the database)
    return version.effective_from
