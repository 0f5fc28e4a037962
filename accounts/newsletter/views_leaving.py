"""Leaving by the link of a letter, by the mail program's own button, and the way back."""

from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.agreements.offers import offer_for
from accounts.agreements.services import TextsChanged
from accounts.newsletter import leaving, links, subscribing
from accounts.newsletter.masking import masked
from accounts.newsletter.models import Source, Subscriber
from accounts.newsletter.states import SubscriberState
from accounts.newsletter.wordings import UNDO, seal
from microflight.core.limits import client_ip
from policies.models import Context


@never_cache
@csrf_exempt  # mail programs send this by themselves (RFC 8058); the code is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """End all letters: the page asks, the button does it, at once and without log-in.

    Every code gets the same answer: old ones, those of people who were erased, and guesses.
    """
    subscriber, campaign = leaving.who_leaves(code)
    if request.method != "POST":
        return _said(request, "leave", **_what_comes(subscriber))
    if subscriber is not None:
        how = leaving.MAIL_PROGRAM if _is_one_click(request) else leaving.LINK
        leaving.leave(subscriber, how=how, campaign=campaign)
    return _left(request, links.undo_token(code))


def _is_one_click(request: HttpRequest) -> bool:
    """Tell whether a mail program did it. The code alone counts: a body that cannot be read says
    nothing, and hinders nobody."""
    try:
        return request.POST.get("List-Unsubscribe") == "One-Click"
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        return False


def _what_comes(subscriber: Subscriber | None) -> dict[str, Any]:
    """Return what a letter's reader gets at present."""
    if subscriber is None or subscriber.state == SubscriberState.LEFT:
        return {}
    names = subscriber.topics.values_list("name", flat=True)
    return {"email": masked(subscriber.email), "topics": list(names), "code": subscriber.token}


def _left(request: HttpRequest, token: str, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "undo": token,
        "wording": UNDO,
        "words": seal(UNDO),
        "offer": offer_for(Context.NEWSLETTER),
        **more,
    }
    return _said(request, "left", status, **context)


@never_cache
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Come back within the hour, by a new consent to the same topics."""
    token = request.POST.get("undo", "")
    try:
        subscriber, _ = leaving.who_leaves(links.undone_code(token))
        if request.POST.get("words") != seal(UNDO):
            return _left(request, token, 409, changed=True)
        if subscriber is None or not _has_just_left(subscriber):
            return _said(request, "expired", 410)
        back = subscribing.subscribe_owner(
            subscriber,
            topics=_topics_before(subscriber),
            source=Source.ACCOUNT,
            wording=UNDO,
            shown=request.POST.get("policies", ""),
            address=client_ip(request),
        )
    except TextsChanged:
        return _left(request, token, 409, changed=True)
    except (links.LinkExpired, links.LinkUnknown, subscribing.NoLongerOpen):
        return _said(request, "expired", 410)
    return _said(request, "confirmed", preferences=links.preferences_url(back))


def _has_just_left(subscriber: Subscriber) -> bool:
    """Tell whether somebody left within the hour. A code is good for ever and letters are passed
    on: later, only a new letter to the address proves whose wish it is."""
    left = subscriber.left_at if subscriber.state == SubscriberState.LEFT else None
    return left is not None and timezone.now() - left <= links.UNDO_WITHIN


def _topics_before(subscriber: Subscriber) -> list[str]:
    """Return which letters somebody got before they left."""
    return list(subscriber.topics.values_list("slug", flat=True))


def _said(request: HttpRequest, step: str, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, f"newsletter/{step}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
