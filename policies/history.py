"""The published versions of one policy, from the first to those not yet in force."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Case, F, Subquery, TextField, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from microflight.core.business import FACTS, SASKATOON
from policies.languages import name_of
from policies.models import Policy, PolicyTranslation, PolicyVersion
from policies.states import Stage

LAST_YEAR = 2100


class NotFound(Exception):
    """There is no such version. The message may be shown to customers."""


class TranslationNotFound(NotFound):
    """A policy has no published translation in a language."""

    def __init__(self, language: str) -> None:
        super().__init__(
            _("This policy is not available in %(language)s.") % {"language": name_of(language)}
        )


@dataclass(frozen=True, slots=True)
class History:
    """A policy's published versions, oldest first, at one moment. Bodies are deferred, except for
    the version in force."""

    policy: Policy
    versions: tuple[PolicyVersion, ...]
    languages: dict[str, tuple[int, ...]]  # other languages -> numbers of translated versions
    now: datetime

    def version(self, number: int) -> PolicyVersion:
        """Return a version by its number. Raises NotFound."""
        for version in self.versions:
            if version.number == number:
                return version
        count = len(self.versions)
        message = ngettext(
            "This policy has no version %(number)s. It has %(count)s version.",
            "This policy has no version %(number)s. It has %(count)s versions.",
            count,
        )
        raise NotFound(message % {"number": number, "count": count})

    def translation(self, version: PolicyVersion, language: str) -> PolicyTranslation:
        """Return the translation of a version. Raises TranslationNotFound. One query."""
        if version.number not in self.languages.get(language, ()):
            raise TranslationNotFound(language)
        return version.translations.get(language=language)

    def in_force(self, moment: datetime | None = None) -> PolicyVersion | None:
        """Return the version in force at a moment (default: now), or None before the first."""
        started = [v for v in self.versions if _start(v) <= (moment or self.now)]
        return started[-1] if started else None

    def in_force_on(self, day: date) -> PolicyVersion:
        """Return the version in force at the end of a day in Saskatoon. Raises NotFound."""
        if not FACTS.since <= day.year <= LAST_YEAR:
            years = {"first": FACTS.since, "last": LAST_YEAR}
            raise NotFound(_("Choose a date between %(first)s and %(last)s.") % years)
        version = self.in_force(datetime.combine(day, time.max, SASKATOON))
        if version is None:
            first = timezone.localtime(_start(self.versions[0]))
            raise NotFound(
                _(
                    "No version of this policy was in force on that date. "
                    "The first version took effect on %(date)s."
                )
                % {"date": date_format(first, "F j, Y")}
            )
        return version

    def state(self, version: PolicyVersion) -> Stage:
        """Return the state of a version: scheduled, in force or superseded."""
        if _start(version) > self.now:
            return Stage.SCHEDULED
        return Stage.PUBLISHED if version == self.in_force() else Stage.SUPERSEDED

    def previous(self, version: PolicyVersion) -> PolicyVersion | None:
        """Return the version before, or None."""
        position = self.versions.index(version)
        return self.versions[position - 1] if position else None

    def next(self, version: PolicyVersion) -> PolicyVersion | None:
        """Return the version that replaces this one, or None."""
        following = self.versions[self.versions.index(version) + 1 :]
        return following[0] if following else None

    def body_of(self, version: PolicyVersion) -> str:
        """Return a version's body: no query for the one in force, otherwise one."""
        bodies = PolicyVersion.objects.values_list("body", flat=True)
        return getattr(version, "loaded_body", "") or bodies.get(pk=version.pk)

    def newest_translated(self, language: str) -> PolicyVersion | None:
        """Return the newest translated version up to the one in force, or None."""
        current = self.in_force()
        last = current.number or 0 if current else 0
        numbers = [number for number in self.languages.get(language, ()) if number <= last]
        return self.version(max(numbers)) if numbers else None


def get_history(slug: str) -> History | None:
    """Return a policy's history, or None if it has no published version. One query."""
    now = timezone.now()
    published = PolicyVersion.objects.published().filter(policy__slug=slug)
    in_force = published.filter(effective_from__lte=now).order_by("-number").values("pk")[:1]
    rows = list(
        published.select_related("policy")
        .defer("body", "source")
        .annotate(
            loaded_body=Case(
                When(pk=Subquery(in_force), then=F("body")),
                default=Value(""),
                output_field=TextField(),
            )
        )
        .annotate(
            language=F("translations__language"), translated_at=F("translations__published_at")
        )
        .order_by("number", "translations__language")
    )
    if not rows:
        return None
    versions: dict[int, PolicyVersion] = {}
    languages: dict[str, tuple[int, ...]] = {}
    for row in rows:  # one for each version and language
        number = row.number or 0  # published versions have one
        versions.setdefault(number, row)
        if row.translated_at:
            languages[row.language] = (*languages.get(row.language, ()), number)
    return History(rows[0].policy, tuple(versions.values()), languages, now)


def _start(version: PolicyVersion) -> datetime:
    assert version.effective_from is not None  # noqa: S101 (database constraint)
    return version.effective_from
