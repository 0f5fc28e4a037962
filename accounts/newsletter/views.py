"""Signing up: the page, the answer, and the link that proves the address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.agreements.offers import offer_for
from accounts.agreements.services import TextsChanged
from accounts.newsletter import links, subscribing, traps
from accounts.newsletter.forms import BoxForm, SignUpForm, form_for
from accounts.newsletter.models import Source
from accounts.newsletter.topics import USUAL
from accounts.newsletter.wordings import WORDINGS, seal
from microflight.core.limits import client_ip, within_limit
from policies.models import Context

HOUR = 3600
MOST_FROM_ONE_PLACE = 20  # in an hour
TOO_OFTEN = "Too many tries for now. Please wait an hour, or call us."


@never_cache
@csrf_exempt  # the box is on pages that set no cookie; the session plays no part in the answer
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for letters. The answer is the same for known and unknown addresses, and for robots."""
    if request.method != "POST":
        return _page(request, SignUpForm(wording=WORDINGS[Source.PAGE]))
    source = Source.BOX if request.POST.get("source") == Source.BOX else Source.PAGE
    form = form_for(source, request.POST, WORDINGS[source])
    if not form.is_valid():
        return _page(request, _whole(form), 422)
    who = client_ip(request)
    if not within_limit("newsletter-ask", who=who, most=MOST_FROM_ONE_PLACE, seconds=HOUR):
        whole = _whole(form)
        whole.add_error(None, TOO_OFTEN)
        return _page(request, whole, 429)
    if not traps.is_trapped(request.POST):
        box = isinstance(form, BoxForm)
        subscribing.ask(
            form.cleaned_data["email"],
            topics=USUAL if box else form.cleaned_data["topics"],
            source=source,
            wording=form.wording,
            address=who,
            details=None if isinstance(form, BoxForm) else form.details,
        )
    return redirect("newsletter:asked")


def _whole(form: BoxForm | SignUpForm) -> SignUpForm:
    """Return the form of the page, filled in with what came by the box."""
    if isinstance(form, SignUpForm):
        return form
    sent: Any = form.data.copy()  # type: ignore[attr-defined]  # stubs know a plain mapping
    sent.setlist("topics", USUAL)
    sent["words"], sent["source"] = seal(WORDINGS[Source.PAGE]), Source.PAGE
    return SignUpForm(sent, wording=WORDINGS[Source.PAGE])


def _page(request: HttpRequest, form: SignUpForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "stamp": request.POST.get("stamp") or traps.stamp()}
    return render(request, "newsletter/sign_up.html", context, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say that a letter is on its way: the same to everybody."""
    return _said(request, "asked")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Prove an address by its link: the page asks, the button does it. Mail scanners open links."""
    changed = False
    try:
        links.consent_of(token)
        if request.method == "POST":
            shown = request.POST.get("policies", "")
            who = subscribing.confirm(token, shown=shown, address=client_ip(request))
            return _said(request, "confirmed", preferences=links.preferences_url(who))
    except links.LinkExpired:
        return _said(request, "expired", 410)
    except links.LinkUnknown:
        return _said(request, "unknown", 404)
    except subscribing.NoLongerOpen:
        return _said(request, "expired", 410)
    except TextsChanged:
        changed = True
    context = {"offer": offer_for(Context.NEWSLETTER), "changed": changed}
    return _said(request, "confirm", 409 if changed else 200, **context)


def _said(request: HttpRequest, step: str, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, f"newsletter/{step}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
