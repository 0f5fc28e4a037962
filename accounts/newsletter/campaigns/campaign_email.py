"""One subscriber's email of a campaign: its merge fields, and the headers that bulk email needs.

Merge fields in a frozen body are plain ASCII, so that 100,000 emails cost 100,000 replacements and
not 100,000 renderings.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.newsletter.campaigns.models import Campaign, Delivery
from accounts.newsletter.subscribers.models import Subscriber
from microflight.core.email_address import check_deliverable, in_ascii

#: Where a link in a campaign may lead besides pages.
PERSONAL = ("unsubscribe", "preferences", "view")
_FIELD = re.compile(r"\[\[([a-z]+(?::\d+)?)\]\]")


def values_of(
    subscriber: Subscriber, campaign: Campaign, links: Mapping[int, str], *, variant: str = ""
) -> dict[str, str]:
    """Return what each merge field becomes. `links` are the campaign's, by number; those of a
    subscriber who agreed to be counted lead over our redirect, which learns the subject's variant.
    """
    code = f"{subscriber.token}.{campaign.key}"
    values = {name: _url(f"newsletter:{name}", code) for name in PERSONAL}
    values["name"] = subscriber.name or "reader"
    for number, url in links.items():
        if subscriber.clicks_counted:
            url = _url("newsletter:click", campaign.key, number)
            url += "?v=b" if variant == "b" else ""
        values[f"link:{number}"] = url
    return values


def _url(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def fill(body: str, values: Mapping[str, str], *, html: bool, is_draft: bool = False) -> str:
    """Return a body with its merge fields filled in. A field without a value raises KeyError, since
    an email with a gap is worse than none. In a draft it stays: the checklist names it."""

    def value(match: re.Match[str]) -> str:
        if is_draft and match[1] not in values:
            return match[0]
        return escape(values[match[1]]) if html else values[match[1]]

    return _FIELD.sub(value, body)


_DOMAIN = "plantraco.com"
_MESSAGE_ID = re.compile(rf"<?nl-(\d{{1,18}})-[0-9a-f]{{10}}@{re.escape(_DOMAIN)}>?")


class InvalidEmail(Exception):
    """An address cannot be written to. The text may be shown to staff."""


class EmailBuilder:
    """Builds the emails of one campaign; what they share is looked up once."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.links = dict(campaign.links.values_list("number", "url"))
        slug = campaign.topic.slug
        self.headers = {
            "List-Id": f"<{slug}.newsletter.plantraco.com>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
            "Feedback-ID": f"{campaign.key}:{slug}:newsletter:microflight",
            "Precedence": "bulk",
        }

    def build(self, delivery: Delivery) -> EmailMultiAlternatives:
        """Return one email. Raises InvalidEmail, and KeyError for a field without a value."""
        campaign, subscriber = self.campaign, cast("Subscriber", delivery.subscriber)
        try:
            check_deliverable(in_ascii(subscriber.email))
        except ValidationError as error:
            raise InvalidEmail("; ".join(error.messages)) from error
        variant = delivery.variant or campaign.winner  # who waited for the winner gets it
        values = values_of(subscriber, campaign, self.links, variant=variant)
        subject = campaign.subject_b if variant == "b" else campaign.subject
        line = quote(f"unsubscribe {subscriber.token}")
        mailto = f"mailto:{settings.SERVER_EMAIL}?subject={line}"
        own = {
            "Message-ID": message_id_of(delivery.pk),
            "List-Unsubscribe": f"<{values['unsubscribe']}>, <{mailto}>",
        }
        email = EmailMultiAlternatives(
            " ".join(subject.split()),
            fill(campaign.body_text, values, html=False),
            campaign.from_email,
            [subscriber.email],
            reply_to=[campaign.reply_to] if campaign.reply_to else None,
            headers=self.headers | own,
        )
        email.attach_alternative(fill(campaign.body_html, values, html=True), "text/html")
        # providers report back by it, also those that give the email another Message-ID
        email.metadata = {"delivery": own["Message-ID"]}  # type: ignore[attr-defined]
        return email


def message_id_of(pk: int) -> str:
    """Return the Message-ID of a delivery: the same at every attempt, and impossible to guess."""
    signature = salted_hmac("newsletter.delivery", str(pk)).hexdigest()[:10]
    return f"<nl-{pk}-{signature}@{_DOMAIN}>"


def delivery_of(message_id: str) -> int | None:
    """Return the key of the delivery that a Message-ID names; None: not ours, or forged."""
    name = message_id.strip()
    match = _MESSAGE_ID.fullmatch(name)
    if match is None:
        return None
    pk = int(match[1])
    return pk if constant_time_compare(name.strip("<>"), message_id_of(pk).strip("<>")) else None
