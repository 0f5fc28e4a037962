"""A version as customers will read it, with its differences and the findings of the checks."""

from dataclasses import dataclass

from policies import lint, markdown, variables
from policies.models import PolicyVersion
from policies.redline import Redline, compare


@dataclass(frozen=True, slots=True)
class Preview:
    """What staff see next to a version; `compared_with` is the version before."""

    body: markdown.Rendered
    findings: list[lint.Finding]
    compared_with: PolicyVersion | None
    changes: Redline | None


def preview(version: PolicyVersion) -> Preview:
    """Return the preview of a draft, or of a published version, which has no findings."""
    published = version.policy.versions.published()
    if version.is_published:
        body, findings = version.body, []
        previous = published.filter(number=(version.number or 0) - 1).first()
    else:
        body, findings = variables.preview(version.source), lint.findings(version)
        previous = published.order_by("-number").first()
    changes = compare(previous.body, body) if previous else None
    return Preview(markdown.render(body), findings, previous, changes)
