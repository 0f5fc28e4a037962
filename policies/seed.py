"""The first versions of each policy, from the Markdown files in `seed_data/`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from policies import workflow
from policies.models import ChangeType, Policy, PolicyVersion

REVIEW_INTERVAL = timedelta(days=365)
FOLDER = Path(__file__).resolve().parent / "seed_data"


@dataclass(frozen=True, slots=True)
class SeedVersion:
    """A version: its file, its summary, and its effective date (None: the day it is loaded)."""

    file: str
    summary: str = "First version for the new shop."
    change_type: ChangeType = ChangeType.EDITORIAL
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
    flags: dict[str, bool] = field(default_factory=dict)


_CHECKOUT = {"required_at_checkout": True}
_CHECKOUT_AND_REGISTRATION = {**_CHECKOUT, "required_at_registration": True}
_PRIVACY = (
    SeedVersion("privacy-2017", "Privacy policy of 2017.", effective_on=date(2017, 8, 23)),
    SeedVersion(
        "privacy",
        "Written anew for the new shop: only what its software does today, what is kept for how "
        "long, every cookie by name, encryption everywhere. Letters go only to who confirmed "
        "it. Gone with what is not offered: forum, surveys, referrals, visit log, partners.",
        ChangeType.MATERIAL,
    ),
)
POLICIES = {
    "privacy": SeedPolicy(
        "Privacy and Security", _PRIVACY,
        ("What we ask for, and why", "Your card", "Letters from us", "Cookies",
         "What our computers note", "Who else sees your data", "A safe connection",
         "Seeing, correcting and removing your data", "Changes to this page", "Questions"),
        _CHECKOUT_AND_REGISTRATION,
    ),
    "shipping": SeedPolicy(
        "Shipping Information", (SeedVersion("shipping"),),
        ("What delivery costs", "Services", "When it leaves", "Batteries in the post",
         "Duty and tax at the border", "If something goes wrong", "Questions"),
        _CHECKOUT,
    ),
    "payment": SeedPolicy(
        "Payment Methods", (SeedVersion("payment"),),
        ("Ways to pay", "When your card is charged", "What the total consists of",
         "If the card is refused", "Refunds", "Without the card field"),
        _CHECKOUT,
    ),
    "terms": SeedPolicy(
        "Terms of Sale", (SeedVersion("terms"),),
        ("Who sells to you", "How an order comes about", "Prices", "Delivery",
         "If you change your mind, or something is wrong", "When these terms change",
         "Which law counts"),
        _CHECKOUT_AND_REGISTRATION,
    ),
    "returns": SeedPolicy(
        "Returns", (SeedVersion("returns"),),
        ("Before your order leaves", "How long you have", "How to ask",
         "If you have changed your mind", "If something is faulty, damaged or wrong", "Batteries",
         "Your refund"),
        _CHECKOUT,
    ),
    "cookies": SeedPolicy(
        "Cookies", (SeedVersion("cookies"),),
        ("The cookies", "When they are set", "What they do not do", "Without cookies"),
    ),
    "accessibility": SeedPolicy(
        "Accessibility", (SeedVersion("accessibility"),),
        ("What we aim for", "What you can count on", "What is not good enough yet",
         "If something stops you"),
    ),
}  # fmt: skip


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
            **seed.flags,
        }
        policy, _ = Policy.objects.get_or_create(slug=slug, defaults=fields)
        if policy.versions.published().exists():
            continue
        for version in seed.versions:
            workflow.adopt(
                policy,
                version.source,
                summary=version.summary,
                change_type=version.change_type,
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
