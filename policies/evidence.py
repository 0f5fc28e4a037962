"""Who agreed to what: the proofs about one order or account, with the exact texts."""

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from policies import markdown
from policies.models import Acceptance

_SUBJECT = re.compile(r"[a-z]+:\w[\w.@+-]*")


@dataclass(frozen=True, slots=True)
class Proof:
    """One agreement, the text that was shown, and whether its seal holds."""

    acceptance: Acceptance
    text: markdown.Rendered | None  # None where the same text stands with an earlier agreement
    holds: bool


def about(subject: str) -> list[Proof]:
    """Return the proofs about `order:100017` or `account:12`, oldest first; of an account also
    those that its owner gave with orders. Two queries at most."""
    rows = _about(subject).select_related("version__policy", "user")
    printed: dict[int, str] = {}  # versions -> their seals, computed anew once
    return [_proof(one, printed) for one in rows.order_by("accepted_at", "pk")]


def count(subject: str) -> int:
    """Return how many proofs there are about an order or account: one query."""
    return _about(subject).count()


def _about(subject: str) -> "QuerySet[Acceptance]":
    if not _SUBJECT.fullmatch(subject):
        return Acceptance.objects.none()
    kind, _, number = subject.partition(":")
    wanted = Q(subject=subject)
    if kind == "account" and number.isdecimal() and len(number) < 19:
        wanted |= Q(user_id=int(number))
    return Acceptance.objects.filter(wanted)


def _proof(acceptance: Acceptance, printed: dict[int, str]) -> Proof:
    """The seal is computed anew from the text: it must be the stored one and the one agreed to."""
    version = acceptance.version
    is_first = version.pk not in printed
    seal = printed.setdefault(version.pk, version.seal() if is_first else "")
    holds = acceptance.sha256 == version.sha256 == seal
    return Proof(acceptance, markdown.render(version.body) if is_first else None, holds)
