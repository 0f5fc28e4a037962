"""Sign-up, confirmation, unsubscribe and preferences pages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.signing import BadSignature, SignatureExpired
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.agreements.required_policies import required_policies
from accounts.agreements.services import PoliciesChanged
from accounts.email_addresses import mask_email, verified_email
from accounts.newsletter.subscribers import honeypot, links, preferences, subscriptions
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, RESUBSCRIBE, text_hash
from accounts.newsletter.subscribers.forms import (
    AccountSignUpForm,
    BoxForm,
    ClicksForm,
    DetailsForm,
    PauseForm,
    SignUpForm,
    TopicsForm,
)
from accounts.newsletter.subscribers.models import Source, Subscriber, SubscriberState
from accounts.newsletter.subscribers.subscriptions import NoLongerOpen
from accounts.newsletter.subscribers.topics import DEFAULT_SLUGS
from accounts.newsletter.subscribers.unsubscribe import EMAIL_APP, LINK, unsubscribe
from accounts.requests import CustomerRequest
from microflight.core.limits import client_ip, client_network, within_limit
from policies.models import Context

HOUR = 3600
MAX_SIGN_UPS = 20  # from one network address in an hour


def _render(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render one of our pages, which search engines leave out."""
    response = render(request, f"newsletter/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


# --- Sign-up -------------------------------------------------------------------------------------


@never_cache
@csrf_exempt  # the box is on pages that set no cookie; the session plays no part in the answer
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Sign up. The answer is the same for known and unknown addresses, and for bots."""
    if request.method != "POST":
        return _sign_up_page(request, SignUpForm(text=CONSENT_TEXTS[Source.PAGE]))
    source = Source.BOX if request.POST.get("source") == Source.BOX else Source.PAGE
    form_class = BoxForm if source == Source.BOX else SignUpForm
    form = form_class(request.POST, text=CONSENT_TEXTS[source])
    if not form.is_valid():
        return _sign_up_page(request, form, 422)
    ip = client_ip(request)
    network = client_network(request)
    if not within_limit("newsletter-sign-up", who=network, most=MAX_SIGN_UPS, seconds=HOUR):
        error = _("Too many attempts. Wait an hour and try again, or call us.")
        return _sign_up_page(request, form, 429, error)
    if honeypot.is_too_fast(request.POST):
        error = _("That was very fast. Check your details and submit again.")
        return _sign_up_page(request, form, 422, error)
    if not honeypot.is_bot(request.POST):
        subscriptions.sign_up(
            form.cleaned_data["email"],
            topics=form.cleaned_data.get("topics", DEFAULT_SLUGS),
            source=source,
            text=form.text,
            ip=ip,
            details=form.details if isinstance(form, SignUpForm) else {},
        )
    return redirect("newsletter:check_email")


def _sign_up_page(
    request: HttpRequest, form: BoxForm | SignUpForm, status: int = 200, error: str = ""
) -> HttpResponse:
    """Show the form of the page, filled in with what came by the box."""
    if isinstance(form, BoxForm):
        text, sent = CONSENT_TEXTS[Source.PAGE], request.POST.copy()
        sent.setlist("topics", list(DEFAULT_SLUGS))
        sent["consent"], sent["source"] = text_hash(text), Source.PAGE
        form = SignUpForm(sent, text=text)
    if error:
        form.add_error(None, error)
    context = {"form": form, "stamp": request.POST.get("stamp") or honeypot.stamp()}
    return render(request, "newsletter/sign_up.html", context, status=status)


@never_cache
@require_safe
def check_email(request: HttpRequest) -> HttpResponse:
    """Say that an email is on its way, whether or not the address is known."""
    return _render(request, "check_email")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address with a button: opening the link is not enough, as email scanners do it."""
    changed = False
    try:
        links.consent_of(token)
        if request.method == "POST":
            shown = request.POST.get("policies", "")
            subscriber = subscriptions.confirm(token, fingerprint=shown, ip=client_ip(request))
            return _render(request, "confirmed", preferences=links.preferences_url(subscriber))
    except (SignatureExpired, NoLongerOpen):
        return _render(request, "expired", 410)
    except BadSignature:
        return _render(request, "unknown", 404)
    except PoliciesChanged:
        changed = True
    policies = required_policies(Context.NEWSLETTER)
    return _render(request, "confirm", 409 if changed else 200, policies=policies, changed=changed)


# --- Unsubscribe ---------------------------------------------------------------------------------


@never_cache
@csrf_exempt  # email apps post this without a CSRF token (RFC 8058); the code is enough
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a button that unsubscribes immediately, without login.

    Every code gets the same answer: old ones, those of people who were erased, and guesses.
    """
    subscriber = links.subscriber_to_end(code)
    if request.method != "POST":
        return _render(request, "unsubscribe", **_subscription(subscriber))
    if subscriber is not None:
        how = EMAIL_APP if _is_one_click(request) else LINK
        unsubscribe(subscriber, how=how, campaign_key=links.split_code(code)[1])
    return _unsubscribed(request, links.resubscribe_token(code))


@csrf_exempt
def old_unsubscribe_page(request: HttpRequest, code: str) -> HttpResponse:
    """Serve the URL of older emails: a redirect, except for email apps, which do not follow one."""
    if request.method == "POST":
        return unsubscribe_page(request, code)
    return redirect("newsletter:unsubscribe", code, permanent=True)


def _is_one_click(request: HttpRequest) -> bool:
    """Return whether an email app unsubscribed. An unreadable body counts as no."""
    try:
        return request.POST.get("List-Unsubscribe") == "One-Click"
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        return False


def _subscription(subscriber: Subscriber | None) -> dict[str, Any]:
    if subscriber is None or subscriber.state == SubscriberState.UNSUBSCRIBED:
        return {}
    names = subscriber.topics.values_list("name", flat=True)
    return {"email": mask_email(subscriber.email), "topics": list(names), "code": subscriber.token}


def _unsubscribed(request: HttpRequest, token: str, *, changed: bool = False) -> HttpResponse:
    context = {
        "token": token,
        "text": RESUBSCRIBE,
        "consent": text_hash(RESUBSCRIBE),
        "policies": required_policies(Context.NEWSLETTER),
        "changed": changed,
    }
    return _render(request, "unsubscribed", 409 if changed else 200, **context)


@never_cache
@require_POST
def resubscribe(request: HttpRequest) -> HttpResponse:
    """Undo unsubscribing within the hour, by a new consent to the same topics."""
    token = request.POST.get("token", "")
    try:
        subscriber = links.subscriber_to_end(links.code_of(token))
        if request.POST.get("consent") != text_hash(RESUBSCRIBE):
            return _unsubscribed(request, token, changed=True)
        if subscriber is None or not _has_just_unsubscribed(subscriber):
            return _render(request, "expired", 410)
        back = subscriptions.subscribe_owner(
            subscriber.email,
            topics=list(subscriber.topics.values_list("slug", flat=True)),
            source=Source.ACCOUNT,
            text=RESUBSCRIBE,
            fingerprint=request.POST.get("policies", ""),
            ip=client_ip(request),
        )
    except PoliciesChanged:
        return _unsubscribed(request, token, changed=True)
    except (BadSignature, NoLongerOpen):
        return _render(request, "expired", 410)
    return _render(request, "confirmed", preferences=links.preferences_url(back))


def _has_just_unsubscribed(subscriber: Subscriber) -> bool:
    """Return whether it was within the hour. A code never expires and emails are forwarded: later,
    only a new email to the address proves whose wish it is."""
    if subscriber.state != SubscriberState.UNSUBSCRIBED or subscriber.unsubscribed_at is None:
        return False
    return timezone.now() - subscriber.unsubscribed_at <= links.RESUBSCRIBE_WITHIN


# --- Preferences ---------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_page(request: HttpRequest, code: str) -> HttpResponse:
    """Change preferences without login. The address is masked: emails are forwarded."""
    subscriber = links.subscriber_of(code)
    if subscriber is None:
        return _render(request, "unknown", 404)
    context = {"email": mask_email(subscriber.email), "base": "newsletter/_page.html"}
    return _preferences(request, subscriber, context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_page(request: CustomerRequest) -> HttpResponse:
    """Change preferences in the account: the same page, for the account's own verified email."""
    email = verified_email(request.user)
    base = "accounts/_account.html"
    context: dict[str, Any] = {"email": email, "base": base, "in_account": True}
    if not email:
        return _render(request, "email_not_verified", **context)
    subscriber = Subscriber.objects.filter(email=email).first()
    if subscriber is None or subscriber.state != SubscriberState.ACTIVE:
        return _account_sign_up(request, context)
    return _preferences(request, subscriber, context)


def _preferences(
    request: HttpRequest, subscriber: Subscriber, context: Mapping[str, Any]
) -> HttpResponse:
    """Show the sections, each a form of its own, and save the one that was sent."""
    name = request.POST.get("part", "")
    sections = _sections(subscriber, {name: request.POST})
    if name in sections and sections[name].is_valid():
        _save_section(name, subscriber, sections[name], request)
        messages.success(request, _("Saved."))
        return redirect(request.path)
    status, is_active = 422 if name in sections else 200, subscriber.state == SubscriberState.ACTIVE
    shown = {**context, **sections, "subscriber": subscriber, "is_active": is_active}
    return _render(request, "preferences", status, **shown)


def _sections(subscriber: Subscriber, sent: Mapping[str, Any]) -> dict[str, Any]:
    until = {"length": "until", "until": subscriber.paused_until}
    sections: dict[str, tuple[type[forms.Form], dict[str, Any]]] = {
        "topics": (TopicsForm, {"topics": list(subscriber.topics.values_list("slug", flat=True))}),
        "pause": (PauseForm, until if subscriber.is_paused else {"length": ""}),
        "details": (DetailsForm, forms.model_to_dict(subscriber, DetailsForm.base_fields)),
        "clicks": (ClicksForm, {"clicks_counted": subscriber.clicks_counted}),
    }
    return {
        name: form(sent.get(name), initial=initial, auto_id=f"{name}_%s")
        for name, (form, initial) in sections.items()
    }


def _save_section(name: str, subscriber: Subscriber, form: Any, request: HttpRequest) -> None:
    if name == "topics":
        topics = form.cleaned_data["topics"]
        preferences.choose_topics(subscriber, topics, ip=client_ip(request))
    elif name == "pause":
        preferences.pause(subscriber, form.day)
    elif name == "clicks":
        preferences.count_clicks(subscriber, form.cleaned_data["clicks_counted"])
    else:  # one detail is deleted by its own button, and then only that
        delete = request.POST.get("delete", "")
        is_detail = delete in DetailsForm.base_fields
        preferences.update_details(subscriber, {delete: ""} if is_detail else form.details)


def _account_sign_up(request: CustomerRequest, context: dict[str, Any]) -> HttpResponse:
    """Let an account sign up: its verified email needs no confirmation."""
    text = CONSENT_TEXTS[Source.ACCOUNT]
    form = AccountSignUpForm(request.POST if request.method == "POST" else None, text=text)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            subscriptions.subscribe_owner(
                context["email"],
                user=request.user,
                topics=form.cleaned_data["topics"],
                source=Source.ACCOUNT,
                text=text,
                fingerprint=request.POST.get("policies", ""),
                ip=client_ip(request),
                details=form.details,
            )
        except PoliciesChanged:
            form.add_error(None, _("Our policies have just changed. Read them and submit again."))
            status = 409
        except NoLongerOpen:
            form.add_error(None, _("This address must not be contacted. Call us to change that."))
        else:
            messages.success(request, _("You're subscribed."))
            return redirect(request.path)
    policies = required_policies(Context.NEWSLETTER)
    return _render(request, "account_sign_up", status, **context, form=form, policies=policies)
