"""The preference page: by the link of a letter, and in the account."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.agreements.offers import offer_for
from accounts.agreements.services import TextsChanged
from accounts.newsletter import leaving, preferences, subscribing
from accounts.newsletter.forms import (
    ClicksForm,
    DetailsForm,
    OwnSignUpForm,
    PauseForm,
    TopicsForm,
    initial_of,
)
from accounts.newsletter.masking import masked
from accounts.newsletter.models import Source, Subscriber
from accounts.newsletter.states import SubscriberState
from accounts.newsletter.wordings import WORDINGS
from accounts.requests import CustomerRequest
from microflight.core.limits import client_ip
from policies.models import Context

#: The parts of the page. Each is a form of its own, so that saving one leaves the others alone.
PARTS: dict[str, type[forms.Form]] = {
    "topics": TopicsForm,
    "pause": PauseForm,
    "details": DetailsForm,
    "clicks": ClicksForm,
}
CHANGED = "Our policies have just changed: read them and press again."
NOT_AGAIN = "This address asked never to be written to again. Please call us to change that."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, code: str) -> HttpResponse:
    """Choose letters without log-in. The address is shown masked: letters are forwarded."""
    subscriber, _ = leaving.read_code(code)
    if subscriber is None:
        return _shown(request, "newsletter/unknown.html", {}, 404)
    context = {"email": masked(subscriber.email), "base": "newsletter/_page.html"}
    return _page(request, subscriber, context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: CustomerRequest) -> HttpResponse:
    """Choose letters in the account: the same page for the account's own, proved address."""
    email = subscribing.proved_address(request.user)
    context = {"email": email, "base": "accounts/_account.html", "in_account": True}
    if not email:
        return _shown(request, "newsletter/not_proved.html", context)
    subscriber = Subscriber.objects.filter(email=email).first()
    if subscriber is None or subscriber.state != SubscriberState.ACTIVE:
        return _start(request, context)
    return _page(request, subscriber, context)


def _page(request: HttpRequest, subscriber: Subscriber, context: dict[str, Any]) -> HttpResponse:
    """Show the parts, and save the one that was sent."""
    part = request.POST.get("part", "")
    bound = {part: request.POST} if part in PARTS else {}
    filled = _forms(subscriber, bound)
    if part in PARTS and (form := filled[part]).is_valid():
        _SAVE[part](subscriber, form, request)
        messages.success(request, "Saved.")
        return redirect(request.path)
    status = 422 if part in PARTS else 200
    context |= {"subscriber": subscriber, "is_active": subscriber.state == SubscriberState.ACTIVE}
    return _shown(request, "newsletter/preferences.html", context | filled, status)


def _forms(subscriber: Subscriber, bound: dict[str, Any]) -> dict[str, Any]:
    pause = {"length": "until", "until": subscriber.paused_until} if subscriber.rests else {}
    initial: dict[str, dict[str, Any]] = {
        "topics": {"topics": list(subscriber.topics.values_list("slug", flat=True))},
        "pause": pause or {"length": ""},
        "details": initial_of(subscriber),
        "clicks": {"clicks_counted": subscriber.clicks_counted},
    }
    return {
        name: form(bound.get(name), initial=initial[name], auto_id=f"{name}_%s")
        for name, form in PARTS.items()
    }


def _save_topics(subscriber: Subscriber, form: Any, request: HttpRequest) -> None:
    chosen = form.cleaned_data["topics"]
    preferences.choose_topics(subscriber, chosen, address=client_ip(request))


def _save_pause(subscriber: Subscriber, form: Any, request: HttpRequest) -> None:
    preferences.pause(subscriber, form.day)


def _save_details(subscriber: Subscriber, form: Any, request: HttpRequest) -> None:
    """One detail is deleted by its own button, and then only that."""
    delete = request.POST.get("delete", "")
    told = {delete: ""} if delete in DetailsForm.base_fields else form.details
    preferences.tell(subscriber, told)


def _save_clicks(subscriber: Subscriber, form: Any, request: HttpRequest) -> None:
    preferences.count_clicks(subscriber, form.cleaned_data["clicks_counted"])


_SAVE: dict[str, Callable[[Subscriber, Any, HttpRequest], None]] = {
    "topics": _save_topics,
    "pause": _save_pause,
    "details": _save_details,
    "clicks": _save_clicks,
}


def _start(request: CustomerRequest, context: dict[str, Any]) -> HttpResponse:
    """Let an account that gets no letters ask for some: its address needs no second proof."""
    wording = WORDINGS[Source.ACCOUNT]
    form = OwnSignUpForm(request.POST if request.method == "POST" else None, wording=wording)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            subscribing.subscribe_proved(
                request.user,
                topics=form.cleaned_data["topics"],
                source=Source.ACCOUNT,
                wording=wording,
                shown=request.POST.get("policies", ""),
                address=client_ip(request),
                details=form.details,
            )
        except TextsChanged:
            form.add_error(None, CHANGED)
            status = 409
        except subscribing.NoLongerOpen:
            form.add_error(None, NOT_AGAIN)
        else:
            messages.success(request, "You are subscribed.")
            return redirect(request.path)
    context |= {"form": form, "offer": offer_for(Context.NEWSLETTER)}
    return _shown(request, "newsletter/own_sign_up.html", context, status)


def _shown(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
