"""One subscriber's email of a campaign, with the headers that bulk email needs."""

import re
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.newsletter.campaigns.merge_fields import fill, values_of
from accounts.newsletter.campaigns.models import Campaign, Delivery
from accounts.newsletter.subscribers.models import Subscriber

_SALT = "newsletter.delivery"
_DOMAIN = "plantraco.com"
_FORM = re.compile(rf"<?nl-(\d{{1,18}})-([0-9a-f]{{10}})@{re.escape(_DOMAIN)}>?")


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
            validate_email(subscriber.email)
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


# --- Message-IDs: the same at every attempt, and impossible to guess ------------------------------


def _signature(pk: int) -> str:
    return salted_hmac(_SALT, str(pk)).hexdigest()[:10]


def message_id_of(pk: int) -> str:
    """Return the Message-ID of a delivery, with its angle brackets."""
    return f"<nl-{pk}-{_signature(pk)}@{_DOMAIN}>"


def delivery_of(message_id: str) -> int | None:
    """Return the key of the delivery that a Message-ID names; None: not ours, or forged."""
    match = _FORM.fullmatch(message_id.strip())
    if match is None or not constant_time_compare(match[2], _signature(int(match[1]))):
        return None
    return int(match[1])
