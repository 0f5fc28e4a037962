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
    text: markdown.Rendered
    holds: bool


def about(subject: str) -> list[Proof]:
    """Return the proofs about `order:100017` or `account:12`, oldest first; of an account also
    those that its owner gave with orders. Two queries at most."""
    rows = _about(subject).select_related("version__policy", "user")
    return [_proof(one) for one in rows.order_by("accepted_at", "pk")]


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


def _proof(acceptance: Acceptance) -> Proof:
    """The seal is computed anew from the text: it must be the stored one and the one agreed to."""
    version = acceptance.version
    holds = acceptance.sha256 == version.sha256 == version.seal()
    return Proof(acceptance, markdown.render(version.body), holds)
