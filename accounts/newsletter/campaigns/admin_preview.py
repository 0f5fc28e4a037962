"""The live preview next to a draft in the admin, and the email in its frame."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.email_addresses import normalize_email
from accounts.newsletter.campaigns.admin_forms import draft_form
from accounts.newsletter.campaigns.blocks import BLOCKS
from accounts.newsletter.campaigns.checklist import Checked, check
from accounts.newsletter.campaigns.content import Content
from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.campaigns.preview import as_stored, filled, without_links
from accounts.newsletter.campaigns.views import email_page
from accounts.newsletter.subscribers.models import Subscriber

VIEW_SUBSCRIBERS = "newsletter.view_subscriber"
_KEEP = 600  # seconds for which an unsaved draft can be shown in its frame


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as it is now, its checklist, and how one subscriber gets it."""

    checked: Checked
    shown: Content
    is_unknown: bool  # the subscriber that was entered does not exist


def unsaved(request: HttpRequest, campaign: Campaign) -> Campaign:
    """Return a campaign with the values of a form, as far as they are valid. Nothing is saved."""
    draft_form()(request.POST, instance=campaign).full_clean()
    return campaign


def subscriber_in(request: HttpRequest) -> tuple[Subscriber | None, bool]:
    """Return the subscriber to preview as, and whether they were not found. Staff who may not view
    subscribers get the sample subscriber."""
    email = normalize_email(request.POST.get("as") or request.GET.get("as") or "")
    if not email or "\0" in email or not request.user.has_perm(VIEW_SUBSCRIBERS):
        return None, False
    found = without_links(Subscriber.objects.filter(email=email).first())
    return found, found is None


def _preview(request: HttpRequest, campaign: Campaign) -> Preview:
    checked = check(campaign)
    subscriber, is_unknown = subscriber_in(request)
    return Preview(checked, filled(campaign, checked.content, subscriber), is_unknown)


def preview_page(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show what follows the author: checklist, recipients, text part. The frame shows the HTML
    of the unsaved draft to this author alone."""
    preview = _preview(request, campaign)
    cache.set(_key(request, campaign), preview.shown.html, _KEEP)
    return render(request, "admin/newsletter/campaign/_preview.html", {"preview": preview})


def frame(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Return the email for its frame: the unsaved draft if requested, otherwise as stored."""
    html = cache.get(_key(request, campaign)) if "unsaved" in request.GET else None
    html = html or as_stored(campaign, subscriber_in(request)[0]).html
    response = email_page(html, frames="'self'")
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _key(request: HttpRequest, campaign: Campaign) -> str:
    return f"newsletter:unsaved:{request.user.pk}:{campaign.pk}"


def page_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return what the page of a campaign shows around its form."""
    if campaign.is_frozen:
        return {"frozen": as_stored(campaign), "links": campaign.links.all()}
    blocks = [BLOCKS[name] for name in sorted(BLOCKS)]
    return {"blocks": blocks, "preview": _preview(request, campaign)}
