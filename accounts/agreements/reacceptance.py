"""Asks accounts to accept policies that have changed, on a page after login.

Only at login: a customer who is shopping when a version takes effect is not interrupted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.agreements import banner
from accounts.agreements.required_policies import RequiredPolicies
from accounts.agreements.services import account_subject, record
from policies.models import Acceptance, ChangeType, Context, PolicyVersion
from policies.services import required_for_registration

if TYPE_CHECKING:
    from accounts.users.models import User

SESSION_KEY = "reacceptance"
#: Open without acceptance: reading the policies, logging out, unsubscribing, contact, and orders.
_OPEN = (
    "/account/agreements/",
    "/account/logout/",
    "/contact/",
    "/health/",
    "/media/",
    "/newsletter/",
    "/orders/",
    "/policies/",
    "/renditions/",
    "/static/",
    "/stripe/",
    "/.well-known/",
)


class ReacceptanceMiddleware:
    """Redirects to the reacceptance page until the policies are accepted, staff too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_pending(request) and not request.path.startswith(_OPEN):
            wanted = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
            response = redirect(f"{reverse('agreements:reaccept')}?{urlencode({'next': wanted})}")
            response["Cache-Control"] = "no-store"
            return response
        return self.get_response(request)


def is_pending(request: HttpRequest) -> bool:
    """Return whether this session has policies to accept; opens no session without a cookie."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session


def due(user: "User") -> RequiredPolicies:
    """Return the policies that an account has to accept again: three queries, usually one.

    Those required at registration that have changed materially, in effect by now, since this
    account accepted them; or, if it never did, since it was opened.
    """
    required = required_for_registration()
    changes = _material_changes(required)
    if not changes:
        return RequiredPolicies(())
    accepted = _accepted_numbers(user, changes)
    versions = []
    for version in required:
        number, effective_from = changes.get(version.policy_id, (0, user.date_joined))
        since = accepted.get(version.policy_id)
        if number > since if since else effective_from > user.date_joined:
            versions.append(version)
    return RequiredPolicies(tuple(versions))


def _material_changes(required: list[PolicyVersion]) -> dict[int, tuple[int, datetime]]:
    """Return number and date of the newest material change in effect, by policy."""
    changed = [version.policy_id for version in required if (version.number or 0) > 1]
    if not changed:
        return {}
    found = PolicyVersion.objects.in_force_at(timezone.now()).filter(
        policy__in=changed, change_type=ChangeType.MATERIAL, number__gt=1
    )
    rows = found.order_by("number").values_list("policy_id", "number", "effective_from")
    return {policy: (number, moment) for policy, number, moment in rows}


def _accepted_numbers(user: "User", policies: Iterable[int]) -> dict[int, int]:
    """Return the highest version number that an account accepted, by policy."""
    found = Acceptance.objects.filter(user=user, version__policy__in=policies)
    rows = found.values_list("version__policy").annotate(Max("version__number"))
    return dict(rows)


@dataclass(frozen=True, slots=True)
class ChangedPolicy:
    """A version to accept, and the version to compare it with."""

    version: PolicyVersion
    since: int  # a version number
    was_accepted: bool  # this account accepted version `since`


def changed_policies(user: "User", policies: RequiredPolicies) -> list[ChangedPolicy]:
    """Return each policy with the version that the account accepted last, or else the version
    before. One query."""
    accepted = _accepted_numbers(user, [version.policy_id for version in policies.versions])
    return [
        ChangedPolicy(
            version,
            accepted.get(version.policy_id) or (version.number or 0) - 1,
            version.policy_id in accepted,
        )
        for version in policies.versions
    ]


@transaction.atomic
def reaccept(user: "User", policies: RequiredPolicies, *, ip: str) -> None:
    """Record that an account accepted changed policies, and dismiss their banner."""
    record(policies, Context.REACCEPTANCE, subject=account_subject(user), user=user, ip=ip)
    banner.dismiss(user, [version.pk for version in policies.versions])
