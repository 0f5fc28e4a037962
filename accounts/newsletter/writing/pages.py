"""Letters in a browser: one reader's own copy, and the way of a counted click."""

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.newsletter import personal
from accounts.newsletter.leaving import read_code
from accounts.newsletter.models import Link
from accounts.newsletter.states import CampaignState

_NOT_OUT = (CampaignState.DRAFT, CampaignState.SCHEDULED)
#: A letter's styles stand on its elements; nothing in it runs, posts, or loads from elsewhere.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; "
    "base-uri 'none'; sandbox; frame-ancestors "
)


def letter_page(html: str, *, frames: str = "'none'") -> HttpResponse:
    """Return a letter as a page. `frames`: who may show it in a frame."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = LETTER_POLICY + frames
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"  # its address holds the reader's token
    return response


@require_safe
def view(request: HttpRequest, code: str) -> HttpResponse:
    """Show a letter as one reader got it."""
    reader, campaign = read_code(code)
    if reader is None or campaign is None or campaign.state in _NOT_OUT:
        raise Http404
    links = dict(campaign.links.values_list("number", "url"))
    values = personal.values_of(reader, campaign, links)
    return letter_page(personal.fill(campaign.body_html, values, html=True))


@require_safe
def go(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Count a click in totals and lead on. Only to where the letter led: nothing of the address
    decides where, and nothing of the visitor is read or kept."""
    link = get_object_or_404(Link, campaign__key=key, number=number)
    column = "clicks_b" if request.GET.get("v") == "b" else "clicks_a"
    if request.method == "GET":  # programs that only look whether it is there send HEAD
        Link.objects.filter(pk=link.pk).update(**{column: F(column) + 1})
    response = HttpResponseRedirect(link.url)
    response["Cache-Control"] = "no-store"  # the next click counts as well
    response["X-Robots-Tag"] = "noindex"
    return response
