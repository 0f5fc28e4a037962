"""Sample contents of the newsletter's emails, and a sample campaign."""

from typing import Any

from django.conf import settings
from django.utils.safestring import mark_safe

from accounts.mail.rendering import RenderedEmail
from accounts.mail.samples import rendered_sample, sample_for
from accounts.newsletter.campaigns.content import render_content
from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.campaigns.preview import filled, sample_subscriber
from accounts.newsletter.demo import DRAFT
from accounts.newsletter.subscribers import links
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import Source, Topic
from microflight.core.business import FACTS


@sample_for("newsletter-confirm")
def confirmation() -> dict[str, Any]:
    """A sign-up for two topics."""
    topics, days = ["New products", "Flying tips"], links.CONFIRM_WITHIN.days
    return {"topics": topics, "link": links.confirm_url(0), "days": days}


@sample_for("newsletter-already", "newsletter-unsubscribe")
def subscriber_links() -> dict[str, Any]:
    """A subscriber's own links."""
    subscriber = sample_subscriber()
    return {
        "preferences_url": links.preferences_url(subscriber),
        "unsubscribe_url": links.unsubscribe_url(subscriber),
    }


@sample_for("newsletter-imported")
def imported() -> dict[str, Any]:
    """Dana was imported and has to confirm."""
    return {
        **confirmation(),
        "text": CONSENT_TEXTS[Source.PAGE],
        "origin": "form at the Saskatoon indoor fly-in, March 2025",
        "privacy_url": settings.SITE_URL + "/policies/privacy/",
    }


@sample_for("newsletter-test")
def test_email() -> dict[str, Any]:
    """The campaign as a member of staff sends it to themselves."""
    sample = campaign()
    return {
        "subject": sample.subject,
        "html": mark_safe(sample.html),  # noqa: S308 (made here)
        "text": sample.text,
        "reply_to": "",
    }


@rendered_sample("newsletter")
def campaign() -> RenderedEmail:
    """A short campaign, as a subscriber gets it."""
    sample = Campaign(
        title="Sample",
        slug="sample",
        key="sample",
        topic=Topic(slug="sample", name="New products"),
        subject="An evening of three-gram flying",
        preheader="What flies best between two basketball hoops.",
        source=DRAFT,
    )
    shown = filled(sample, render_content(sample))
    return RenderedEmail(sample.subject, shown.text, shown.html, FACTS.sales_email)
