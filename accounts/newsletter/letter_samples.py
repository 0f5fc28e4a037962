"""Made-up letters around the newsletter, and one newsletter."""

from typing import Any

from django.conf import settings
from django.utils.safestring import mark_safe

from accounts.mail.rendering import RenderedEmail
from accounts.mail.samples import shows, shows_whole
from accounts.newsletter import links
from accounts.newsletter.models import Campaign, Source, Topic
from accounts.newsletter.wordings import WORDINGS
from accounts.newsletter.writing.content import write
from accounts.newsletter.writing.samples import filled, made_up_reader
from microflight.core.business import FACTS

_SOURCE = """# A butterfly that weighs 3.6 grams

Hello [[name]], the first of this season's **Carbon Butterflies** are on the shelf.

- flies in a living room
- lands on a hand

[See all airplanes](/catalogue/)
"""


def _confirm_link() -> str:
    return links.confirm_url(0)


@shows("newsletter-confirm")
def confirmation() -> dict[str, Any]:
    """Somebody asked for two topics."""
    days = links.CONFIRM_WITHIN.days
    return {"topics": ["New products", "Flying tips"], "link": _confirm_link(), "days": days}


@shows("newsletter-already", "leave-by-mail")
def links_of_a_reader() -> dict[str, Any]:
    """A subscriber's own links."""
    reader = made_up_reader()
    return {
        "preferences_url": links.preferences_url(reader),
        "leave_url": links.leave_url(reader),
    }


@shows("newsletter-imported")
def imported() -> dict[str, Any]:
    """Somebody of a list that staff brought along."""
    return {
        **confirmation(),
        "wording": WORDINGS[Source.PAGE],
        "origin": "sheet at the Saskatoon indoor fly-in, March 2025",
        "privacy_url": settings.SITE_URL + "/policies/privacy/",
    }


@shows("newsletter-test")
def a_test() -> dict[str, Any]:
    """The same letter as a member of staff sends it to themselves."""
    letter = newsletter()
    return {
        "letter_subject": letter.subject,
        "letter_html": mark_safe(letter.html),  # noqa: S308 (made here)
        "letter_text": letter.text,
        "reply_to": "",
    }


@shows_whole("newsletter")
def newsletter() -> RenderedEmail:
    """A short letter to many, as a reader gets it."""
    campaign = Campaign(
        title="Sample",
        slug="sample",
        key="sample",
        topic=Topic(slug="sample", name="New products"),
        subject="A butterfly that weighs 3.6 grams",
        preheader="The first of this season are on the shelf.",
        source=_SOURCE,
    )
    letter = filled(campaign, write(campaign))
    return RenderedEmail(campaign.subject, letter.text, letter.html, FACTS.sales_email)
