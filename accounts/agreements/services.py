"""Records which policy versions people accept in a form."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.agreements.required_policies import RequiredPolicies, required_policies
from policies.models import Acceptance, Context
from policies.services import accept

if TYPE_CHECKING:
    from accounts.users.models import User


CHANGED = gettext_lazy("Our policies have just changed. Please read and accept them again.")


class AcceptanceError(Exception):
    """Nothing was recorded. Customers may read the message; show `policies` with it."""

    def __init__(self, message: str, policies: RequiredPolicies) -> None:
        super().__init__(message)
        self.policies = policies


class NotAccepted(AcceptanceError):
    """The checkbox was not checked."""

    def __init__(self, policies: RequiredPolicies) -> None:
        super().__init__(_("Check the box to accept our policies."), policies)


class PoliciesChanged(AcceptanceError):
    """The form showed other versions, or another label, than those in force."""

    def __init__(self, policies: RequiredPolicies) -> None:
        super().__init__(str(CHANGED), policies)


def accept_policies(
    context: Context,
    *,
    subject: str,
    fingerprint: str,
    accepted: bool,
    user: "User | None" = None,
    ip: str = "",
) -> list[Acceptance]:
    """Record what a form accepted, once per version and subject.

    `subject` is what the acceptance belongs to, e.g. `subscriber:12` or `entry:5`; `fingerprint`
    is the form's `RequiredPolicies.fingerprint`; of `ip`, only the network is stored. Call it in
    the transaction that writes the subject. Raises NotAccepted or PoliciesChanged.
    """
    policies = required_policies(context)
    if not policies.versions:
        return []
    if fingerprint != policies.fingerprint:
        raise PoliciesChanged(policies)
    if not accepted:
        raise NotAccepted(policies)
    return record(policies, context, subject=subject, user=user, ip=ip)


@transaction.atomic
def record(
    policies: RequiredPolicies,
    context: Context,
    *,
    subject: str,
    user: "User | None" = None,
    ip: str = "",
) -> list[Acceptance]:
    """Record an acceptance of each policy that a form showed as accepted."""
    return [
        accept(version, subject, policies.label, context=context, user=user, ip=ip)
        for version in policies.versions
    ]


def account_subject(user: "User") -> str:
    """Return the `subject` of an account's acceptances."""
    return f"account:{user.pk}"
