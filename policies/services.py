"""Versions in force, the ones that customers must accept, and their acceptances."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from microflight.core.compiled_query import CompiledQuery
from microflight.core.limits import network_of
from policies.models import Acceptance, Context, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

_IN_FORCE = CompiledQuery(
    lambda moment: (
        PolicyVersion.objects.in_force_at(moment).select_related("policy").defer("body", "source")
    )
)


def version_at(slug: str, moment: datetime) -> PolicyVersion:
    """Return the version in force at a moment. Raises PolicyVersion.DoesNotExist. One query."""
    in_force = PolicyVersion.objects.in_force_at(moment).select_related("policy")
    version = in_force.filter(policy__slug=slug).first()
    if version is None:
        raise PolicyVersion.DoesNotExist(f"No version of {slug!r} was in force at {moment}.")
    return version


def is_published(slug: str) -> bool:
    """Return whether a policy has a published version: then its page is public."""
    return PolicyVersion.objects.published().filter(policy__slug=slug).exists()


def versions_in_force() -> list[PolicyVersion]:
    """Return the version in force of every policy, in their order, without bodies. One query."""
    newest: dict[int, PolicyVersion] = {}
    for version in _IN_FORCE(timezone.now()):
        newest.setdefault(version.policy_id, version)
    return list(newest.values())


def required_for_checkout() -> list[PolicyVersion]:
    """Return the versions that a customer must accept before paying. One query."""
    return [v for v in versions_in_force() if v.policy.required_at_checkout]


def required_for_registration() -> list[PolicyVersion]:
    """Return the versions that a customer must accept to create an account. One query."""
    return [v for v in versions_in_force() if v.policy.required_at_registration]


def build_acceptance(
    version: PolicyVersion,
    subject: str,
    label: str,
    *,
    context: Context = Context.CHECKOUT,
    user: "User | None" = None,
    ip: str = "",
) -> Acceptance:
    """Return an acceptance that is not saved yet.

    `subject` is what it belongs to, e.g. `order:100017`; `label` is the checkbox label; of `ip`
    only the network is stored.
    """
    return Acceptance(
        version=version,
        sha256=version.sha256,
        subject=subject,
        label=label,
        context=context,
        user=user,
        network=network_of(ip),
    )


def accept(
    version: PolicyVersion,
    subject: str,
    label: str,
    *,
    context: Context = Context.CHECKOUT,
    user: "User | None" = None,
    ip: str = "",
) -> Acceptance:
    """Record an acceptance, once per version and subject: a second call returns the first one."""
    found = Acceptance.objects.filter(version=version, subject=subject).first()
    if found is not None:
        return found
    acceptance = build_acceptance(version, subject, label, context=context, user=user, ip=ip)
    Acceptance.objects.bulk_create([acceptance], ignore_conflicts=True)
    return Acceptance.objects.get(version=version, subject=subject)
