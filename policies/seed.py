"""The first editions of each policy, from the Markdown files in `texts/`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policies import publishing, services
from policies.models import Kind, Policy, PolicyVersion

YEAR = timedelta(days=365)  # until somebody reads a new policy again
TEXTS = Path(__file__).resolve().parent / "texts"


@dataclass(frozen=True, slots=True)
class Edition:
    """One text: its file, what it changed, and since when it counts (None: when it is loaded)."""

    file: str
    summary: str = "First edition of the new shop."
    kind: Kind = Kind.EDITORIAL
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy with the editions that come with the software, the oldest first."""

    title: str
    editions: tuple[Edition, ...]
    sections: tuple[str, ...]  # headings without which no later text of it goes to review
    flags: dict[str, bool] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return what a new policy of this subject starts with."""
        return {"title": self.title, "required_sections": "\n".join(self.sections), **self.flags}


_ORDERED = {"accepted_at_checkout": True}
_REGISTERED = {**_ORDERED, "accepted_at_registration": True}
_PRIVACY = (
    Edition("privacy-2017", "The shop's privacy policy of 2017.", since=date(2017, 8, 23)),
    Edition(
        "privacy",
        "Written anew for the new shop: only what its software does today, what is kept for how "
        "long, every cookie by name, encryption everywhere. Letters go only to who confirmed "
        "it. Gone with what is not offered: forum, surveys, referrals, visit log, partners.",
        Kind.MATERIAL,
    ),
)
SUBJECTS = {
    "privacy": Subject(
        "Privacy and Security", _PRIVACY,
        ("What we ask for, and why", "Your card", "Letters from us", "Cookies",
         "What our computers note", "Who else sees your data", "A safe connection",
         "Seeing, correcting and removing your data", "Changes to this page", "Questions"),
        _REGISTERED,
    ),
    "shipping": Subject(
        "Shipping Information", (Edition("shipping"),),
        ("What delivery costs", "Services", "When it leaves", "Batteries in the post",
         "Duty and tax at the border", "If something goes wrong", "Questions"),
        _ORDERED,
    ),
    "payment": Subject(
        "Payment Methods", (Edition("payment"),),
        ("Ways to pay", "When your card is charged", "What the total consists of",
         "If the card is refused", "Refunds", "Without the card field"),
        _ORDERED,
    ),
    "terms": Subject(
        "Terms of Sale", (Edition("terms"),),
        ("Who sells to you", "How an order comes about", "Prices", "Delivery",
         "If you change your mind, or something is wrong", "When these terms change",
         "Which law counts"),
        _REGISTERED,
    ),
    "returns": Subject(
        "Returns", (Edition("returns"),),
        ("Before your order leaves", "How long you have", "How to ask",
         "If you have changed your mind", "If something is faulty, damaged or wrong", "Batteries",
         "Your refund"),
        _ORDERED,
    ),
    "cookies": Subject(
        "Cookies", (Edition("cookies"),),
        ("The cookies", "When they are set", "What they do not do", "Without cookies"),
    ),
    "accessibility": Subject(
        "Accessibility", (Edition("accessibility"),),
        ("What we aim for", "What you can count on", "What is not good enough yet",
         "If something stops you"),
    ),
}  # fmt: skip


def source_of(edition: Edition) -> str:
    """Return the text of an edition, with its variables."""
    return (TEXTS / f"{edition.file}.md").read_text(encoding="utf-8")


def load() -> int:
    """Publish the editions of policies that have none yet; return how many were published.

    A policy with a text is left alone: a new edition is a decision, not a matter of loading.
    """
    published = 0
    for position, (slug, subject) in enumerate(SUBJECTS.items(), start=1):
        fields = {"position": position, "review_by": services.today() + YEAR, **subject.fields()}
        policy, _ = Policy.objects.get_or_create(slug=slug, defaults=fields)
        if policy.versions.published().exists():
            continue
        for each in subject.editions:
            publishing.adopt(
                policy, source_of(each),
                summary=each.summary, kind=each.kind, effective_on=each.since,
            )  # fmt: skip
            published += 1
    return published


def unpublished() -> tuple[list[PolicyVersion], list[PolicyVersion]]:
    """Return the newest text of each policy and all of them as rows that are not stored, for
    whoever asks what the software promises before a shop exists. Variables are left open."""
    every, newest = [], []
    for slug, subject in SUBJECTS.items():
        policy = Policy(slug=slug, title=subject.title)
        for number, each in enumerate(subject.editions, start=1):
            every.append(PolicyVersion(policy=policy, number=number, body=source_of(each)))
        newest.append(every[-1])
    return newest, every
