"""A draft as it would be published now: its words, what changes, and what is wrong with it."""

from dataclasses import dataclass

from policies import lint, markdown, variables
from policies.models import PolicyVersion
from policies.redline import Redline, compare


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands beside a draft; `against` is the version that it is compared with."""

    text: markdown.Rendered
    findings: list[lint.Finding]
    against: PolicyVersion | None
    changes: Redline | None


def of_draft(version: PolicyVersion) -> Preview:
    """Return a draft beside the newest published text; an unknown variable is said in its place."""
    newest = version.policy.versions.published().order_by("-number").first()
    words = variables.shown(version.source)
    return Preview(
        markdown.render(words),
        lint.findings(version),
        newest,
        compare(newest.body, words) if newest else None,
    )


def of_published(version: PolicyVersion) -> Preview:
    """Return a published text beside the one before it."""
    before = version.policy.versions.filter(number=(version.number or 0) - 1).first()
    return Preview(
        markdown.render(version.body),
        [],
        before,
        compare(before.body, version.body) if before else None,
    )
