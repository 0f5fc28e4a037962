"""Sent letters that were marked public, for everybody: a list, each letter, and a feed."""

import re
from html import unescape

import nh3
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import conditional_page, require_safe

from accounts.newsletter import personal
from accounts.newsletter.models import Campaign
from accounts.newsletter.models.frozen import CampaignQuerySet
from accounts.newsletter.states import CampaignState
from accounts.newsletter.writing.content import BEGIN, END, TAGS
from microflight.core.business import FACTS
from microflight.core.page_cache import shared_page

MOST = 100  # letters in the list: two a week for a year
MOST_IN_FEED = 30
_LETTER = re.compile(re.escape(BEGIN) + "(.*?)" + re.escape(END), re.DOTALL)
_PLACE = re.compile(r"\[\[([a-z]+)(?::\d+)?\]\]")
_HEADING = re.compile(r"<(/?)h1\b")
_CLASSES = {"act", "block", "figure", "figures", "grams", "kind", "more", "name", "shot"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "table": {"role"}}


def _sent() -> CampaignQuerySet:
    rows = Campaign.objects.filter(is_public=True, state=CampaignState.SENT)
    return rows.order_by("-launched_at", "-pk")


def _rows() -> CampaignQuerySet:
    """Without the long columns: a list of a hundred letters is ten megabytes."""
    return _sent().only("slug", "subject", "preheader", "launched_at", "started_at")


def _newest(most: int) -> list[Campaign]:
    """Return the newest of them, each with its preview line as everybody may read it."""
    rows = list(_rows()[:most])
    for row in rows:
        row.preheader = _for_everybody(row.preheader)
    return rows


def _for_everybody(line: str) -> str:
    """Return a line with its places filled in for nobody in particular."""
    return _PLACE.sub(lambda place: "reader" if place[1] == "name" else "", line)


@require_safe
@shared_page()
def index(request: HttpRequest) -> HttpResponse:
    """List them, the newest first: one query."""
    return render(request, "newsletter/archive.html", {"letters": _newest(MOST)})


@require_safe
@shared_page()
def letter(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one as everybody may read it, in the shop's own dress: two queries."""
    campaign = get_object_or_404(_sent(), slug=slug)
    content = public_content(campaign)
    campaign.preheader = _for_everybody(campaign.preheader)
    return render(request, "newsletter/archive_letter.html", {"letter": campaign, "text": content})


def public_content(campaign: Campaign) -> SafeString:
    """Return what a letter says, without its head and foot, styles, and places of one reader."""
    found = _LETTER.search(campaign.body_html)
    links = dict(campaign.links.values_list("number", "url"))
    sign_up = settings.SITE_URL + reverse("newsletter:sign_up")
    values = {"name": "reader", "leave": sign_up, "preferences": sign_up, "view": sign_up}
    values |= {f"link:{number}": url for number, url in links.items()}
    body = personal.fill(_without_title(found[1] if found else "", campaign), values, html=True)
    clean = nh3.clean(
        _HEADING.sub(r"<\1h2", body),  # the page has its own first heading
        tags=TAGS | {"img", "span", "tbody"},
        attributes=_ATTRIBUTES,
        allowed_classes=dict.fromkeys(("p", "table", "td", "span"), _CLASSES),
        link_rel=None,
    )
    return mark_safe(clean)  # noqa: S308 (cleaned in the lines above)


def _without_title(body: str, campaign: Campaign) -> str:
    """Leave a first heading out that says what the page's own heading says."""
    first = re.match(r"\s*<h1\b[^>]*>(.*?)</h1>", body, re.DOTALL)
    says = strip_tags(unescape(first[1])).strip() if first else ""
    return body[first.end() :] if first and says == campaign.subject.strip() else body


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    """Return the newest ones as an Atom feed: one query."""
    site, page = settings.SITE_URL, reverse("newsletter:archive")
    made = Atom1Feed(
        title=f"{FACTS.shop}: letters",
        link=site + page,
        feed_url=site + reverse("newsletter:feed"),
        description=None,
        language="en-CA",
        author_name=FACTS.company,
    )
    for campaign in _newest(MOST_IN_FEED):
        address = site + reverse("newsletter:archived", args=[campaign.slug])
        made.add_item(
            title=campaign.subject,
            link=address,
            unique_id=f"{site}{page}#{campaign.pk}",  # stays if staff change the address
            description=campaign.preheader,
            pubdate=campaign.launched_at,
            updateddate=campaign.launched_at,
        )
    answer = HttpResponse(made.writeString("utf-8"), content_type=made.content_type)
    answer["Cache-Control"] = "public, max-age=300"
    return answer
