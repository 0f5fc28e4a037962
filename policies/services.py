"""What the shop does with policies and notices."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from microflight import page_cache
from microflight.prepared import Prepared
from policies.models import Acceptance, Notice, Policy, PolicyVersion

_IN_FORCE = Prepared(
    lambda moment: PolicyVersion.objects.in_force_at(moment).select_related("policy").defer("body")
)


@transaction.atomic
def publish(version: PolicyVersion, *, effective_from: datetime | None = None) -> PolicyVersion:
    """Number, date and seal a draft, once: a second call returns what the first one made.

    It takes effect at `effective_from` (default: what the draft says, else now). Two people who
    publish at once get consecutive numbers: the policy's row is the lock.
    """
    policy = Policy.objects.select_for_update().get(pk=version.policy_id)
    stored = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    if stored.is_published:
        return stored
    last = policy.versions.published().order_by("-number").first()
    stored.number = (last.number or 0) + 1 if last else 1
    stored.previous_sha256 = last.sha256 if last else ""
    stored.published_at = timezone.now()
    stored.effective_from = effective_from or stored.effective_from or stored.published_at
    stored.sha256 = stored.seal()
    stored.save()
    page_cache.bump()
    return stored


def current_version(slug: str) -> PolicyVersion:
    """Return the text in force now. Raises PolicyVersion.DoesNotExist where there is none."""
    in_force = PolicyVersion.objects.in_force_at(timezone.now()).select_related("policy")
    version = in_force.filter(policy__slug=slug).first()
    if version is None:
        raise PolicyVersion.DoesNotExist(f"No text of {slug!r} is in force.")
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


def accept(version: PolicyVersion, subject: str, label: str) -> Acceptance:
    """Record that somebody agreed to a text under these words, once per subject.

    `subject` says what it was about, e.g. `order:100017`; `label` is the sentence beside the box.
    """
    return Acceptance.objects.get_or_create(
        version=version, subject=subject, defaults={"label": label}
    )[0]


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


def current_notices() -> list[Notice]:
    """Return the notices that hold now, newest first. One query; pages keep the answer a while."""
    return list(Notice.objects.holding_at(timezone.now()))


def forget_notices() -> None:
    """Let every page show the notices that hold now."""
    page_cache.bump()
