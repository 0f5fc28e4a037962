"""What readers, tills and pages ask of policies and notices, and proofs of agreement."""

from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from django.db.models import F
from django.utils import timezone

from microflight.core import page_cache
from microflight.core.business import SASKATOON
from microflight.core.compiled_query import CompiledQuery
from policies.models import Acceptance, Context, Notice, Policy, PolicyTranslation, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

_IN_FORCE = CompiledQuery(
    lambda moment: (
        PolicyVersion.objects.in_force_at(moment).select_related("policy").defer("body", "source")
    )
)


def current_version(slug: str) -> PolicyVersion:
    """Return the text in force now. Raises PolicyVersion.DoesNotExist where there is none."""
    return version_at(slug, timezone.now())


def version_at(slug: str, moment: datetime) -> PolicyVersion:
    """Return the text in force at a moment: one query. Raises PolicyVersion.DoesNotExist."""
    in_force = PolicyVersion.objects.in_force_at(moment).select_related("policy")
    version = in_force.filter(policy__slug=slug).first()
    if version is None:
        raise PolicyVersion.DoesNotExist(f"No text of {slug!r} was in force at {moment}.")
    return version


def versions_in_force() -> list[PolicyVersion]:
    """Return the text in force of every policy, in their order, without the bodies: one query."""
    newest: dict[int, PolicyVersion] = {}
    for version in _IN_FORCE(timezone.now()):
        newest.setdefault(version.policy_id, version)
    return list(newest.values())


def required_for_checkout() -> list[PolicyVersion]:
    """Return the texts that a shopper agrees to before paying: one query."""
    return [v for v in versions_in_force() if v.policy.accepted_at_checkout]


def required_for_registration() -> list[PolicyVersion]:
    """Return the texts that whoever opens an account agrees to: one query."""
    return [v for v in versions_in_force() if v.policy.accepted_at_registration]


# --- Acceptance ----------------------------------------------------------------------------------


def acceptance(
    version: PolicyVersion,
    subject: str,
    label: str,
    *,
    context: Context = Context.CHECKOUT,
    user: "User | None" = None,
    address: str = "",
) -> Acceptance:
    """Return the proof, not saved yet, that somebody agreed to a text under these words.

    `subject` says what it was about, e.g. `order:100017`; `label` is the sentence beside the box;
    `address` the internet address, of which only the network is kept.
    """
    return Acceptance(
        version=version,
        sha256=version.sha256,
        subject=subject,
        label=label,
        context=context,
        user=user,
        network=network_of(address),
    )


def accept(
    version: PolicyVersion,
    subject: str,
    label: str,
    *,
    context: Context = Context.CHECKOUT,
    user: "User | None" = None,
    address: str = "",
) -> Acceptance:
    """Record that somebody agreed, once per text and subject; what is noted first stays."""
    found = Acceptance.objects.filter(version=version, subject=subject).first()
    if found is not None:
        return found
    made = acceptance(version, subject, label, context=context, user=user, address=address)
    Acceptance.objects.bulk_create([made], ignore_conflicts=True)
    return Acceptance.objects.get(version=version, subject=subject)


def network_of(address: str) -> str:
    """Return the network of an internet address: /24 of IPv4, /48 of IPv6; "" where it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    bits = 24 if found.version == 4 else 48
    return str(ip_network((found, bits), strict=False))


# --- Seals ---------------------------------------------------------------------------------------


def broken_translations() -> list[PolicyTranslation]:
    """Return the published translations whose seal does not fit their words or their source."""
    published = PolicyTranslation.objects.published().select_related("version__policy")
    return [one for one in published if one.seal() != one.sha256]


def broken_acceptances() -> list[Acceptance]:
    """Return the proofs that name another seal than the text they point to carries."""
    rows = Acceptance.objects.exclude(sha256=F("version__sha256"))
    return list(rows.select_related("version__policy"))


def broken_links() -> list[PolicyVersion]:
    """Return the published texts whose seal does not fit their content or the text before."""
    broken: list[PolicyVersion] = []
    before: dict[int, str] = {}  # policy -> the seal of the text before
    published = PolicyVersion.objects.published().select_related("policy")
    for version in published.order_by("policy", "number"):
        expected = before.get(version.policy_id, "")
        if version.previous_sha256 != expected or version.seal() != version.sha256:
            broken.append(version)
        before[version.policy_id] = version.sha256
    return broken


# --- Reading again -------------------------------------------------------------------------------


def today() -> date:
    """Return the day in Saskatoon."""
    return timezone.now().astimezone(SASKATOON).date()


def overdue_reviews(day: date | None = None) -> list[Policy]:
    """Return the policies that somebody should have read again by a day (default: today in
    Saskatoon), the longest overdue first. One query."""
    return list(
        Policy.objects.filter(review_by__lt=day or today()).order_by("review_by", "position")
    )


# --- Notices -------------------------------------------------------------------------------------


def current_notices() -> list[Notice]:
    """Return the notices that hold now, newest first. One query; pages keep the answer a while."""
    return list(Notice.objects.holding_at(timezone.now()))


def forget_notices() -> None:
    """Let every page show the notices that hold now."""
    page_cache.invalidate()
