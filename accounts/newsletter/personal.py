"""What differs from reader to reader in a letter that was frozen: tokens, filled in when sent.

A frozen body holds these tokens as plain ASCII, so that 100,000 letters cost 100,000 replacements
and not 100,000 renderings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from django.conf import settings
from django.urls import reverse

from accounts.newsletter.models import Campaign, Subscriber

_TOKEN = re.compile(r"\[\[([a-z]+)(?::(\d+))?\]\]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The links of one reader's letter, absolute."""

    leave: str  # a page with a button, and by POST the mail program's own button (RFC 8058)
    preferences: str
    view: str  # the letter in the browser


def code_of(subscriber: Subscriber, campaign: Campaign) -> str:
    """Return the part of a link that names reader and letter: `<token>.<campaign key>`."""
    return f"{subscriber.token}.{campaign.key}"


def addresses_of(subscriber: Subscriber, campaign: Campaign) -> Addresses:
    """Return where this reader leaves, chooses, and reads this letter in a browser."""
    code = code_of(subscriber, campaign)
    return Addresses(
        leave=settings.SITE_URL + reverse("newsletter:leave", args=[code]),
        preferences=settings.SITE_URL + reverse("newsletter:preferences", args=[code]),
        view=settings.SITE_URL + reverse("newsletter:view", args=[code]),
    )


def values_of(
    subscriber: Subscriber, campaign: Campaign, links: Mapping[int, str], *, variant: str = ""
) -> dict[str, str]:
    """Return what each token becomes for a reader. `links` are the campaign's, by their number;
    who agreed to be counted gets them by way of our own redirect, which is told which of two
    subjects ("a" or "b") was above them."""
    own = addresses_of(subscriber, campaign)
    values = {
        "name": subscriber.name or "reader",
        "leave": own.leave,
        "preferences": own.preferences,
        "view": own.view,
    }
    for number, url in links.items():
        values[f"link:{number}"] = _counted(subscriber, campaign, number, url, variant)
    return values


def _counted(
    subscriber: Subscriber, campaign: Campaign, number: int, url: str, variant: str
) -> str:
    if not subscriber.clicks_counted:
        return url
    own = reverse("newsletter:go", args=[campaign.key, number])
    return settings.SITE_URL + own + ("?v=b" if variant == "b" else "")


def fill(body: str, values: Mapping[str, str], *, html: bool) -> str:
    """Return a frozen body with its tokens filled in. A token without a value raises KeyError:
    a letter with a gap is worse than none."""

    def value(match: re.Match[str]) -> str:
        name = f"{match[1]}:{match[2]}" if match[2] else match[1]
        return escape(values[name]) if html else values[name]

    return _TOKEN.sub(value, body)
