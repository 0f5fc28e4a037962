"""What stands beside a letter while it is written, and the letter in its frame."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.newsletter.admin.campaign_form import draft_form
from accounts.newsletter.models import Campaign, Subscriber, normal
from accounts.newsletter.writing.blocks import BLOCKS
from accounts.newsletter.writing.checks import Checked, look_over
from accounts.newsletter.writing.pages import letter_page
from accounts.newsletter.writing.samples import Filled, as_stored, filled, unlinked

MAY_READ_PEOPLE = "newsletter.view_subscriber"
_KEPT = 600  # seconds for which a letter that is not saved can be shown in its frame


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it stands, what was found, and how one reader gets it."""

    checked: Checked
    shown: Filled
    reader: Subscriber | None  # None: a made-up one
    is_unknown: bool  # somebody asked for a reader who is not in the list


def unsaved(request: HttpRequest, campaign: Campaign) -> Campaign:
    """Return a campaign with what a form says, as far as it can be read. Nothing is saved."""
    form = draft_form()(request.POST, instance=campaign)
    form.full_clean()
    return campaign


def reader_of(request: HttpRequest) -> tuple[Subscriber | None, bool]:
    """Return whose letter is asked for, and whether they were not found. Who may not look at
    subscribers gets the made-up reader."""
    asked = normal(request.POST.get("as") or request.GET.get("as") or "")
    if not asked or "\0" in asked or not request.user.has_perm(MAY_READ_PEOPLE):
        return None, False
    found = unlinked(Subscriber.objects.filter(email=asked).first())
    return found, found is None


def preview_of(request: HttpRequest, campaign: Campaign) -> Preview:
    """Return a letter as it is now with all that is looked at."""
    checked = look_over(campaign)
    reader, is_unknown = reader_of(request)
    return Preview(checked, filled(campaign, checked.letter, reader), reader, is_unknown)


def keep_for_frame(request: HttpRequest, campaign: Campaign, shown: Filled) -> None:
    """Let the frame show a letter that is not saved, to its writer alone."""
    cache.set(_place(request, campaign), shown.html, _KEPT)


def framed(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Return the letter for its frame: unsaved where that is asked for, else as it is stored."""
    html = cache.get(_place(request, campaign)) if "unsaved" in request.GET else None
    response = letter_page(html or _stored(request, campaign), frames="'self'")
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _stored(request: HttpRequest, campaign: Campaign) -> str:
    return as_stored(campaign, reader_of(request)[0]).html


def _place(request: HttpRequest, campaign: Campaign) -> str:
    return f"newsletter:unsaved:{request.user.pk}:{campaign.pk}"


def fragment(request: HttpRequest, campaign: Campaign) -> str:
    """Return what follows the writer: findings, readers, the text part."""
    preview = preview_of(request, campaign)
    keep_for_frame(request, campaign, preview.shown)
    return render_to_string("admin/newsletter/campaign/_beside.html", {"preview": preview})


def beside(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return what the page of a campaign shows around its form."""
    context: dict[str, Any] = {"blocks": [BLOCKS[name] for name in sorted(BLOCKS)]}
    if campaign.is_frozen:
        return {**context, "frozen": as_stored(campaign), "links": campaign.links.all()}
    return {**context, "preview": preview_of(request, campaign)}
