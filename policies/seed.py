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
        "Rewritten for the new shop: what its software collects today and for how long, every "
        "cookie by name, encryption on every page, confirmed newsletter sign-ups only. Removed: "
        "forum, surveys, referrals, visit log, partners.",
        ChangeType.MATERIAL,
    ),
)
POLICIES = {
    "privacy": SeedPolicy(
        "Privacy and Security", _PRIVACY,
        ("What we collect and why", "Your card", "Emails from us", "Cookies", "Server logs",
         "Who receives your data", "Secure connection", "Seeing, correcting and deleting your data",
         "Changes to this policy", "Contact us"),
        _CHECKOUT_AND_REGISTRATION,
    ),
    "shipping": SeedPolicy(
        "Shipping Information", (SeedVersion("shipping"),),
        ("Shipping rates", "Shipping methods", "When we ship", "Batteries", "Duties and taxes",
         "If something goes wrong", "Contact us"),
        _CHECKOUT,
    ),
    "payment": SeedPolicy(
        "Payment Methods", (SeedVersion("payment"),),
        ("Payment methods", "When your card is charged", "Your total", "Declined cards", "Refunds",
         "Other ways to order"),
        _CHECKOUT,
    ),
    "terms": SeedPolicy(
        "Terms of Sale", (SeedVersion("terms"),),
        ("Who we are", "Placing an order", "Prices", "Shipping", "Cancellations and returns",
         "Changes to these terms", "Governing law"),
        _CHECKOUT_AND_REGISTRATION,
    ),
    "returns": SeedPolicy(
        "Returns", (SeedVersion("returns"),),
        ("Before your order ships", "Return window", "How to request a return",
         "If you change your mind", "Defective, damaged or wrong items", "Batteries",
         "Your refund"),
        _CHECKOUT,
    ),
    "cookies": SeedPolicy(
        "Cookies", (SeedVersion("cookies"),),
        ("Our cookies", "When they are set", "No tracking", "Browsing without cookies"),
    ),
    "accessibility": SeedPolicy(
        "Accessibility", (SeedVersion("accessibility"),),
        ("Our goal", "What you can rely on", "What needs more work", "If you have a problem"),
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
