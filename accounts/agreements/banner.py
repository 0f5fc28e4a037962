"""The banner about policy changes, on every page of an account until it is dismissed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.agreements.models import BannerDismissal
from microflight.core.page_cache import process_cached
from policies.models import Acceptance, ChangeType, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

#: In the session: IDs of versions that this account has seen, which saves the query.
_SESSION_KEY = "policy-banner-seen"


@dataclass(frozen=True, slots=True)
class BannerItem:
    """A material change, as the banner shows it."""

    pk: int
    title: str
    summary: str
    effective_from: datetime
    is_in_force: bool


def unseen(request: HttpRequest, user: "User") -> tuple[BannerItem, ...]:
    """Return the changes that an account has not seen: those in effect after it was opened.

    No query if there are none, or if the session knows that they are seen; otherwise one.
    """
    recent: list[PolicyVersion] = process_cached(request, "policy-banner", newest_changes)
    session: Any = getattr(request, "session", {})
    known = set(session.get(_SESSION_KEY, ()))
    candidates = [
        version
        for version in recent
        if version.pk not in known
        and version.effective_from
        and version.effective_from > user.date_joined
    ]
    if not candidates:
        return ()
    seen = _seen_by(user, [version.pk for version in candidates])
    if seen:
        session[_SESSION_KEY] = sorted(known | seen)
    return tuple(_banner_item(version) for version in candidates if version.pk not in seen)


def newest_changes() -> list[PolicyVersion]:
    """Return the newest material change of each policy, in force or scheduled: one query."""
    changes = PolicyVersion.objects.published().filter(
        change_type=ChangeType.MATERIAL, number__gt=1
    )
    newest: dict[int, PolicyVersion] = {}
    for version in changes.select_related("policy").defer("body", "source").order_by("number"):
        newest[version.policy_id] = version
    return sorted(newest.values(), key=lambda version: version.policy.position)


def dismiss(user: "User", pks: Iterable[int]) -> None:
    """Record that an account has seen changes. Safe to repeat."""
    rows = [BannerDismissal(user=user, version_id=pk) for pk in pks]
    BannerDismissal.objects.bulk_create(rows, ignore_conflicts=True)


def _seen_by(user: "User", pks: list[int]) -> set[int]:
    """Return the versions that an account dismissed or accepted, e.g. with an order."""
    seen = BannerDismissal.objects.filter(user=user, version__in=pks).values_list("version_id")
    accepted = Acceptance.objects.filter(user=user, version__in=pks).values_list("version_id")
    return {pk for (pk,) in seen.union(accepted)}


def _banner_item(version: PolicyVersion) -> BannerItem:
    assert version.effective_from is not None  # noqa: S101 (it is published)
    return BannerItem(
        version.pk,
        version.policy.title,
        version.summary,
        timezone.localtime(version.effective_from),
        version.effective_from <= timezone.now(),
    )
