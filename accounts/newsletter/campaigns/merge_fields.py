"""What differs from subscriber to subscriber: merge fields in a frozen body, filled in when sent.

They are plain ASCII, so that 100,000 emails cost 100,000 replacements and not 100,000 renderings.
"""

import re
from collections.abc import Mapping
from html import escape

from django.conf import settings
from django.urls import reverse

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers.models import Subscriber

#: Where a link in a campaign may lead besides pages.
PERSONAL = ("unsubscribe", "preferences", "view")
_FIELD = re.compile(r"\[\[([a-z]+)(?::(\d+))?\]\]")


def personal_urls(subscriber: Subscriber, campaign: Campaign) -> dict[str, str]:
    """Return the absolute URLs of one subscriber's email, by merge field.

    Each names subscriber and campaign: `<token>.<campaign key>`."""
    code = f"{subscriber.token}.{campaign.key}"
    return {
        name: settings.SITE_URL + reverse(f"newsletter:{name}", args=[code]) for name in PERSONAL
    }


def values_of(
    subscriber: Subscriber, campaign: Campaign, links: Mapping[int, str], *, variant: str = ""
) -> dict[str, str]:
    """Return what each merge field becomes. `links` are the campaign's, by number; those of a
    subscriber who agreed to be counted lead over our redirect, which learns the subject's variant.
    """
    values = {"name": subscriber.name or "reader", **personal_urls(subscriber, campaign)}
    for number, url in links.items():
        if subscriber.clicks_counted:
            url = settings.SITE_URL + reverse("newsletter:click", args=[campaign.key, number])
            url += "?v=b" if variant == "b" else ""
        values[f"link:{number}"] = url
    return values


def fill(body: str, values: Mapping[str, str], *, html: bool) -> str:
    """Return a frozen body with its merge fields filled in. A field without a value raises
    KeyError: an email with a gap is worse than none."""

    def value(match: re.Match[str]) -> str:
        name = f"{match[1]}:{match[2]}" if match[2] else match[1]
        return escape(values[name]) if html else values[name]

    return _FIELD.sub(value, body)
