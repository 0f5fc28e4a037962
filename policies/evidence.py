"""Evidence of what was accepted for an order or by an account, with the full policy versions."""

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from policies import markdown
from policies.models import Acceptance

_SUBJECT = re.compile(r"[a-z]+:\w[\w.@+-]*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """An acceptance, the version that was shown, and whether the stored hash is correct."""

    acceptance: Acceptance
    body: markdown.Rendered | None  # None if an earlier acceptance has the same version
    is_verified: bool


def evidence_for(subject: str) -> list[Evidence]:
    """Return the evidence for `order:100017` or `account:12`, oldest first; for an account this
    includes its orders. At most two queries."""
    rows = _acceptances(subject).select_related("version__policy", "user")
    hashes: dict[int, str] = {}  # versions -> their calculated hashes
    return [_evidence(row, hashes) for row in rows.order_by("accepted_at", "pk")]


def count_for(subject: str) -> int:
    """Return how many acceptances there are for an order or account. One query."""
    return _acceptances(subject).count()


def _acceptances(subject: str) -> "QuerySet[Acceptance]":
    if not _SUBJECT.fullmatch(subject):
        return Acceptance.objects.none()
    kind, _, number = subject.partition(":")
    condition = Q(subject=subject)
    if kind == "account" and number.isdecimal() and len(number) < 19:
        condition |= Q(user_id=int(number))
    return Acceptance.objects.filter(condition)


def _evidence(acceptance: Acceptance, hashes: dict[int, str]) -> Evidence:
    version = acceptance.version
    is_first = version.pk not in hashes
    if is_first:
        hashes[version.pk] = version.calculate_sha256()
    return Evidence(
        acceptance,
        markdown.render(version.body) if is_first else None,
        is_verified=acceptance.sha256 == version.sha256 == hashes[version.pk],
    )
