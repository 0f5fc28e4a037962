"""Somebody wrote or rang: from an address to what can be done about it.

The address travels in the body of forms only: addresses of pages end in logs.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.newsletter.admin.acts import ActForm, NeverForm, SignUpForm
from accounts.newsletter.admin.journal import by_line, log
from accounts.newsletter.models import Consent, Subscriber, Suppression, digest_of, normal

#: What can be done about an address that is no subscriber's.
_ACTS: dict[str, type[ActForm]] = {"sign-up": SignUpForm, "never": NeverForm}


class FindForm(forms.Form):
    """Whose letter or call it was."""

    email = forms.EmailField(
        label="Address",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="The address that they signed up with, or want letters at.",
    )

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normal(self.cleaned_data["email"])


def answer(admin: Any, request: HttpRequest) -> HttpResponse:
    """Find an address (POST), or do an act about one that is nobody's (POST with `act`)."""
    find = FindForm(request.POST or None)
    context: dict[str, Any] = {"find": find, "title": "Somebody wrote or rang"}
    if find.is_valid():
        email = find.cleaned_data["email"]
        if one := Subscriber.objects.filter(email=email).first():
            return HttpResponseRedirect(_page_of(one))
        kind = _ACTS.get(request.POST.get("act", ""))
        form = kind(request.POST, email=email, subscriber=None) if kind else None
        if form and form.is_valid():
            return _done(request, form)
        context |= _about(email, form)
    page: HttpResponse = admin.page(request, "wrote.html", context)
    return page


def _done(request: HttpRequest, form: ActForm) -> HttpResponse:
    messages.success(request, form.perform(by_line(request)))
    one = Subscriber.objects.filter(email=form.email).first()
    log(request, form.title, one.pk if one else None)
    return HttpResponseRedirect(
        _page_of(one) if one else reverse("admin:newsletter_subscriber_wrote")
    )


def _page_of(one: Subscriber) -> str:
    return reverse("admin:newsletter_subscriber_change", args=[one.pk])


def _about(email: str, tried: ActForm | None) -> dict[str, Any]:
    """What is known of an address that is no subscriber's, and the forms of what can be done."""
    digest = digest_of(email)
    return {
        "email": email,
        "suppression": Suppression.objects.filter(digest=digest).first(),
        "consents": Consent.objects.filter(digest=digest).select_related("version__policy"),
        "acts": [
            (name, tried if isinstance(tried, kind) else kind(email=email, subscriber=None))
            for name, kind in _ACTS.items()
            if kind.possible_for(None, email)
        ],
    }
