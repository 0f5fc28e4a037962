"""The first edition of each policy, from the Markdown files in `texts/`."""

from pathlib import Path

from django.conf import settings

from policies import services
from policies.models import Policy, PolicyVersion

TEXTS = Path(__file__).resolve().parent / "texts"
TITLES = {
    "privacy": "Privacy and Security",
    "shipping": "Shipping Information",
    "payment": "Payment Methods",
    "returns": "Returns",
}


def first_text(slug: str) -> str:
    """Return the first text of a policy. What the shop itself counts by stands in it as it is."""
    body = (TEXTS / f"{slug}.md").read_text(encoding="utf-8")
    return body.replace("{{ return_window_days }}", str(settings.RETURN_WINDOW_DAYS))


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
            draft = PolicyVersion.objects.create(
                policy=policy, body=first_text(slug), summary="First edition of the new shop."
            )
            services.publish(version=draft)
            published += 1
    return published
