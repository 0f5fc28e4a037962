"""Stored hashes that do not match the rows they cover: changes made outside the application."""

from django.db.models import F

from policies.models import Acceptance, PolicyTranslation, PolicyVersion


def tampered_versions() -> list[PolicyVersion]:
    """Return the published versions whose hash does not match their content, or whose previous
    hash is not that of the version before."""
    tampered: list[PolicyVersion] = []
    previous: dict[int, str] = {}  # policy -> hash of the version before
    published = PolicyVersion.objects.published().select_related("policy")
    for version in published.order_by("policy", "number"):
        expected = previous.get(version.policy_id, "")
        if version.previous_sha256 != expected or version.calculate_sha256() != version.sha256:
            tampered.append(version)
        previous[version.policy_id] = version.sha256
    return tampered


def tampered_translations() -> list[PolicyTranslation]:
    """Return the published translations whose hash does not match their content or version."""
    published = PolicyTranslation.objects.published().select_related("version__policy")
    return [each for each in published if each.calculate_sha256() != each.sha256]


def tampered_acceptances() -> list[Acceptance]:
    """Return the acceptances whose hash differs from that of their version."""
    rows = Acceptance.objects.exclude(sha256=F("version__sha256"))
    return list(rows.select_related("version__policy"))
