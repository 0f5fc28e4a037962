"""The banner that says that a text changes, on every page of an account until it is seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.agreements.models import Seen
from microflight.core.page_cache import process_cached
from policies.models import Acceptance, ChangeType, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

#: In the session: the changes that this account is known to have seen, so that nobody asks again.
_KEY = "policy-news-seen"


@dataclass(frozen=True, slots=True)
class News:
    """A material change, as the banner tells of it."""

    pk: int
    title: str
    summary: str
    effective_from: datetime
    is_in_force: bool


def unseen(request: HttpRequest, user: "User") -> tuple[News, ...]:
    """Return the changes that concern an account and that it has not seen: those that took, or
    take, effect after it was opened.

    No query where there are none or all are known to be seen; otherwise one.
    """
    recent: list[PolicyVersion] = process_cached(request, "policy-news", newest_changes)
    session: Any = getattr(request, "session", {})
    known = set(session.get(_KEY, ()))
    open_ones = [
        version
        for version in recent
        if version.pk not in known
        and version.effective_from
        and version.effective_from > user.date_joined
    ]
    if not open_ones:
        return ()
    seen = _seen_by(user, [version.pk for version in open_ones])
    if seen:
        session[_KEY] = sorted(known | seen)
    return tuple(_news(version) for version in open_ones if version.pk not in seen)


def newest_changes() -> list[PolicyVersion]:
    """Return the newest material change of each policy, in force or to come: one query."""
    changes = PolicyVersion.objects.published().filter(
        change_type=ChangeType.MATERIAL, number__gt=1
    )
    newest: dict[int, PolicyVersion] = {}
    for version in changes.select_related("policy").defer("body", "source").order_by("number"):
        newest[version.policy_id] = version
    return sorted(newest.values(), key=lambda version: version.policy.position)


def mark_seen(user: "User", pks: Iterable[int]) -> None:
    """Note that an account has seen changes, once."""
    rows = [Seen(user=user, version_id=pk) for pk in pks]
    Seen.objects.bulk_create(rows, ignore_conflicts=True)


def _seen_by(user: "User", pks: list[int]) -> set[int]:
    """Who agreed to a text, e.g. with an order, has seen it."""
    seen = Seen.objects.filter(user=user, version__in=pks).values_list("version_id")
    agreed = Acceptance.objects.filter(user=user, version__in=pks).values_list("version_id")
    return {pk for (pk,) in seen.union(agreed)}


def _news(version: PolicyVersion) -> News:
    assert version.effective_from is not None  # noqa: S101 (it is published)
    return News(
        version.pk,
        version.policy.title,
        version.summary,
        timezone.localtime(version.effective_from),
        version.effective_from <= timezone.now(),
    )
