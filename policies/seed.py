"""The first versions of each policy, from the files in `seed_data/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from microflight.core.seed_rows import read_toml
from policies import workflow
from policies.models import ChangeType, Policy, PolicyVersion

REVIEW_INTERVAL = timedelta(days=365)
FOLDER = Path(__file__).resolve().parent / "seed_data"


@dataclass(frozen=True, slots=True)
class SeedVersion:
    """A version: its file, its summary, and its effective date (None: the day it is loaded)."""

    file: str
    summary: str = "First version for the new shop."
    change_type: str = ChangeType.EDITORIAL
    effective_on: date | None = None

    @property
    def source(self) -> str:
        """Return the Markdown with its variables."""
        return (FOLDER / f"{self.file}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class SeedPolicy:
    """A policy with its versions, oldest first."""

    title: str
    versions: tuple[SeedVersion, ...]
    sections: tuple[str, ...]  # headings that later versions must have
    required_at_checkout: bool = False
    required_at_registration: bool = False


def _policy(slug: str, *, versions: Sequence[dict[str, Any]] = (), **fields: Any) -> SeedPolicy:
    files = tuple(SeedVersion(**each) for each in versions or [{"file": slug}])
    return SeedPolicy(versions=files, **fields)


POLICIES = {
    slug: _policy(slug, **table) for slug, table in read_toml(FOLDER / "policies.toml").items()
}


def load() -> int:
    """Publish the versions of policies that have none yet; return how many were published.

    A policy with a published version stays as it is: staff decide about new versions.
    """
    published = 0
    for position, (slug, seed) in enumerate(POLICIES.items(), start=1):
        fields: dict[str, Any] = {
            "title": seed.title,
            "position": position,
            "next_review_on": timezone.localdate() + REVIEW_INTERVAL,
            "required_sections": "\n".join(seed.sections),
            "required_at_checkout": seed.required_at_checkout,
            "required_at_registration": seed.required_at_registration,
        }
        policy, _ = Policy.objects.get_or_create(slug=slug, defaults=fields)
        if policy.versions.published().exists():
            continue
        for version in seed.versions:
            workflow.adopt(
                policy,
                version.source,
                summary=version.summary,
                change_type=ChangeType(version.change_type),
                effective_on=version.effective_on,
            )
            published += 1
    return published


def unsaved_versions() -> tuple[list[PolicyVersion], list[PolicyVersion]]:
    """Return the newest version of each policy, and all versions, without saving them. Variables
    are not filled in."""
    every, newest = [], []
    for slug, seed in POLICIES.items():
        policy = Policy(slug=slug, title=seed.title)
        for number, version in enumerate(seed.versions, start=1):
            every.append(PolicyVersion(policy=policy, number=number, body=version.source))
        newest.append(every[-1])
    return newest, every
