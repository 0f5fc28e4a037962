"""A campaign as one person sees it: in the preview, in a test email, in samples."""

import secrets
from dataclasses import replace
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.newsletter.campaigns.campaign_email import fill, values_of
from accounts.newsletter.campaigns.content import Content, render_content
from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers.models import Subscriber
from accounts.users.models import User

SAMPLE_TOKEN = "a-sample-subscriber"  # noqa: S105 (in no table: the links lead nowhere)


def sample_subscriber() -> Subscriber:
    """Return an unsaved sample subscriber."""
    return Subscriber(
        email="reader@example.com", name="Dana", clicks_counted=True, token=SAMPLE_TOKEN
    )


def without_links(subscriber: Subscriber | None) -> Subscriber | None:
    """Return a subscriber whose links do nothing, so that staff may try them."""
    if subscriber is not None:
        subscriber.token = SAMPLE_TOKEN
    return subscriber


def filled(campaign: Campaign, content: Content, subscriber: Subscriber | None = None) -> Content:
    """Return content as a subscriber would get it."""
    links = dict(enumerate(content.links, 1))
    values = values_of(subscriber or sample_subscriber(), campaign, links)
    html = fill(content.html, values, html=True, is_draft=True)
    return replace(content, html=html, text=fill(content.text, values, html=False, is_draft=True))


def as_stored(campaign: Campaign, subscriber: Subscriber | None = None) -> Content:
    """Return a launched campaign as it was frozen, or a draft as saved."""
    if not campaign.is_frozen:
        return filled(campaign, render_content(campaign), subscriber)
    urls = list(campaign.links.values_list("url", flat=True))  # in order, without a gap
    return filled(campaign, Content(campaign.body_html, campaign.body_text, urls), subscriber)


# --- Test emails: not a delivery, and counted nowhere --------------------------------------------


def own_addresses(user: User) -> list[str]:
    """Return where a member of staff may send a test: their own verified emails."""
    verified = user.emailaddress_set.filter(verified=True).order_by("-primary", "email")
    return list(verified.values_list("email", flat=True))


def send_test(
    campaign: Campaign, *, to: str, subscriber: Subscriber | None = None, subject_b: bool = False
) -> Message:
    """Queue a campaign as it is saved now, as a subscriber (or a sample) would get it."""
    key = subscriber.pk if subscriber else None
    data = {"campaign": campaign.pk, "subscriber": key, "subject_b": subject_b}
    cause = f"campaign:{campaign.pk}:{secrets.token_hex(6)}"
    return outbox.add("newsletter-test", subject_id=cause, to=to, data=data)


@renders("newsletter-test", keep=False)
def _test(message: Message) -> dict[str, Any]:
    """Both parts are complete: their templates only print them."""
    campaign = Campaign.objects.filter(pk=message.data["campaign"]).first()
    if campaign is None:
        raise NoLongerNeeded(_("The campaign was deleted."))
    subscriber = Subscriber.objects.filter(pk=message.data["subscriber"]).first()
    shown = as_stored(campaign, without_links(subscriber))
    return {
        "subject": campaign.subject_b if message.data["subject_b"] else campaign.subject,
        "html": mark_safe(shown.html),  # noqa: S308 (cleaned when it was rendered)
        "text": shown.text,
        "reply_to": campaign.reply_to,
    }
