"""A campaign in the browser, counted clicks, the public archive and its feed."""

import re

import nh3
from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from accounts.newsletter.campaigns.campaign_email import PERSONAL, fill, values_of
from accounts.newsletter.campaigns.content import BEGIN, END, TAGS
from accounts.newsletter.campaigns.models import Campaign, CampaignQuerySet, CampaignState, Link
from accounts.newsletter.subscribers.links import split_code, subscriber_of
from microflight.core.business import FACTS
from microflight.core.html import html_to_text
from microflight.core.page_cache import shared_page

MAX_LISTED = 100  # two a week for a year
MAX_IN_FEED = 30
#: Allows inline styles and our own images; no scripts, forms or external resources.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; "
    "base-uri 'none'; sandbox; frame-ancestors "
)
_CONTENT = re.compile(re.escape(BEGIN) + "(.*?)" + re.escape(END), re.DOTALL)
_FIELD = re.compile(r"\[\[([a-z]+)(?::\d+)?\]\]")
_CLASSES = {"action", "block", "figure", "figures", "grams", "image", "kind", "more", "name"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "table": {"role"}}


def email_page(html: str, *, frames: str = "'none'") -> HttpResponse:
    """Return an email as a page. `frames`: who may show it in a frame."""
    headers = {
        "Content-Security-Policy": CONTENT_POLICY + frames,
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",  # its URL holds the subscriber's token
    }
    return HttpResponse(html, headers=headers)


@require_safe
def view_in_browser(request: HttpRequest, code: str) -> HttpResponse:
    """Show a campaign as one subscriber got it."""
    subscriber = subscriber_of(code)
    campaign = Campaign.objects.filter(key=split_code(code)[1]).first()
    hidden = (CampaignState.DRAFT, CampaignState.SCHEDULED)
    if subscriber is None or campaign is None or campaign.state in hidden:
        raise Http404
    links = dict(campaign.links.values_list("number", "url"))
    return email_page(fill(campaign.body_html, values_of(subscriber, campaign, links), html=True))


@require_safe
def click(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Count a click in the totals, and redirect to the link that is stored for this email.

    The URL cannot change the target, and nothing about the visitor is read or stored."""
    link = get_object_or_404(Link, campaign__key=key, number=number)
    column = "clicks_b" if request.GET.get("v") == "b" else "clicks_a"
    if request.method == "GET":  # programs that only check links send HEAD
        Link.objects.filter(pk=link.pk).update(**{column: F(column) + 1})
    # the next click counts as well
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return HttpResponseRedirect(link.url, headers=headers)


# --- Archive: sent campaigns that staff made public ----------------------------------------------


def _public() -> CampaignQuerySet:
    rows = Campaign.objects.filter(is_public=True, state=CampaignState.SENT)
    return rows.order_by("-launched_at", "-pk")


def _latest(most: int) -> list[Campaign]:
    rows = list(_public().only("slug", "subject", "preheader", "launched_at", "started_at")[:most])
    for row in rows:
        row.preheader = _without_merge_fields(row.preheader)
    return rows


def _without_merge_fields(line: str) -> str:
    return _FIELD.sub(lambda field: "reader" if field[1] == "name" else "", line)


@require_safe
@shared_page()
def archive(request: HttpRequest) -> HttpResponse:
    """List the latest: one query."""
    return render(request, "newsletter/archive.html", {"campaigns": _latest(MAX_LISTED)})


@require_safe
@shared_page()
def archive_campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a public campaign in the shop's layout: two queries."""
    campaign = get_object_or_404(_public(), slug=slug)
    context = {"content": public_content(campaign), "campaign": campaign}
    campaign.preheader = _without_merge_fields(campaign.preheader)
    return render(request, "newsletter/archive_campaign.html", context)


def public_content(campaign: Campaign) -> SafeString:
    """Return the content without header, footer, styles, and merge fields of one subscriber."""
    found = _CONTENT.search(campaign.body_html)
    body = found[1] if found else ""
    first = re.match(r"\s*<h1\b[^>]*>(.*?)</h1>", body, re.DOTALL)
    if first and html_to_text(first[1]) == " ".join(campaign.subject.split()):
        body = body[first.end() :]  # the page's own heading says the same
    sign_up = settings.SITE_URL + reverse("newsletter:sign_up")
    values = {"name": "reader", **dict.fromkeys(PERSONAL, sign_up)}
    for number, url in campaign.links.values_list("number", "url"):
        values[f"link:{number}"] = url
    clean = nh3.clean(
        re.sub(r"<(/?)h1\b", r"<\1h2", fill(body, values, html=True)),
        tags=TAGS | {"img", "span", "tbody"},
        attributes=_ATTRIBUTES,
        allowed_classes=dict.fromkeys(("p", "table", "td", "span"), _CLASSES),
        link_rel=None,
    )
    return mark_safe(clean)  # noqa: S308 (cleaned in the lines above)


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    """Return the latest as an Atom feed: one query."""
    site, page = settings.SITE_URL, settings.SITE_URL + reverse("newsletter:archive")
    atom = Atom1Feed(
        title=_("%s newsletter") % FACTS.shop,
        link=page,
        feed_url=site + reverse("newsletter:feed"),
        description=None,
        language="en-CA",
        author_name=FACTS.company,
    )
    for campaign in _latest(MAX_IN_FEED):
        atom.add_item(
            title=campaign.subject,
            link=site + reverse("newsletter:archive_campaign", args=[campaign.slug]),
            unique_id=f"{page}#{campaign.pk}",  # stays if staff change the slug
            description=campaign.preheader,
            pubdate=campaign.launched_at,
            updateddate=campaign.launched_at,
        )
    headers = {"Content-Type": atom.content_type, "Cache-Control": "public, max-age=300"}
    return HttpResponse(atom.writeString("utf-8"), headers=headers)
