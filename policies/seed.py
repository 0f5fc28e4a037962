"""The first edition of each policy, from the Markdown files in `texts/`."""

from pathlib import Path

from policies import publishing
from policies.models import Policy

TEXTS = Path(__file__).resolve().parent / "texts"
TITLES = {
    "privacy": "Privacy and Security",
    "shipping": "Shipping Information",
    "payment": "Payment Methods",
    "returns": "Returns",
}


def first_text(slug: str) -> str:
    """Return the first text of a policy, with its variables."""
    return (TEXTS / f"{slug}.md").read_text(encoding="utf-8")


def load() -> int:
    """Publish the first edition where a policy has none yet; return how many were published.

    A policy with a text is left alone: a new edition is a decision, not a matter of loading.
    """
    published = 0
    for position, (slug, title) in enumerate(TITLES.items(), start=1):
        policy, _ = Policy.objects.get_or_create(
            slug=slug,
            defaults={"title": title, "position": position, "accepted_at_checkout": True},
        )
        if not policy.versions.published().exists():
            publishing.adopt(policy, first_text(slug), summary="First edition of the new shop.")
            published += 1
    return published
