"""The requests that staff fulfil for a subscriber: one form each, which calls one service."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.email_addresses import hash_email, normalize_email
from accounts.newsletter.subscribers import staff_requests
from accounts.newsletter.subscribers.erasure import erase
from accounts.newsletter.subscribers.forms import PauseUntilField
from accounts.newsletter.subscribers.models import (
    Reason,
    Subscriber,
    SubscriberState,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from accounts.users.models import User
from microflight.core.action_view import ActionForm
from microflight.core.forms import EmailField, LineField

ANSWER = "newsletter.answer_subscriber"


class RequestForm(ActionForm):
    """Fulfils one request of a person who is, or is not yet, a subscriber."""

    subject: Subscriber  # not saved: an email address that is not a subscriber's
    permission = ANSWER

    how = forms.ChoiceField(
        label=_("Request received by"),
        choices=(
            ("letter", _("Letter")),
            ("phone", _("Phone")),
            ("email", _("Email")),
            ("fax", _("Fax")),
        ),
    )


class UnsubscribeForm(RequestForm):
    is_dangerous = True
    title = button = _("Unsubscribe")
    consequence = _(
        "This address gets no more campaigns, and no import brings it back. "
        "Its owner can sign up again."
    )

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        return subject.state != SubscriberState.UNSUBSCRIBED

    def perform(self, by: User) -> str:
        unsubscribe(self.subject, how=self.cleaned_data["how"], by=str(by))
        return gettext("Unsubscribed. This address gets no more campaigns.")


class PauseForm(RequestForm):
    title = _("Pause")
    button = _("Pause emails")

    until = PauseUntilField(help_text=_("At most a year from now."))

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        return subject.state == SubscriberState.ACTIVE

    def perform(self, by: User) -> str:
        until = self.cleaned_data["until"]
        staff_requests.pause(self.subject, until, how=self.cleaned_data["how"], by=str(by))
        return gettext("Emails are paused until %s.") % f"{until:%Y-%m-%d}"


class NoteForm(RequestForm):
    title = _("Add note")
    button = _("Save note")

    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Included when the subscriber requests their data."),
    )

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        staff_requests.note(self.subject, f"note: {data['how']}", data["note"], by=str(by))
        return gettext("Note saved.")


class SignUpForm(RequestForm):
    title = _("Sign up")
    button = _("Send confirmation email")
    consequence = _("They are subscribed once they follow the link in that email, and not before.")

    name = LineField(
        label=_("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    topics: "forms.ModelMultipleChoiceField[Topic]" = forms.ModelMultipleChoiceField(
        label=_("Topics"),
        queryset=Topic.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(
        label=_("Consent text"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What they wrote, or what you read to them. It is stored as their consent."),
    )

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        return subject.state != SubscriberState.ACTIVE

    def perform(self, by: User) -> str:
        data: dict[str, Any] = dict(self.cleaned_data)
        data["topics"] = [topic.slug for topic in data["topics"]]
        if staff_requests.sign_up(self.subject.email, **data, by=str(by)):
            return gettext("The confirmation email is on its way.")
        return gettext("Nothing was done: this address has reached today's limit of such emails.")


class DoNotContactForm(RequestForm):
    is_dangerous = True
    title = _("Do not contact")
    button = _("Never email this address")
    consequence = _(
        "This address gets no campaigns, and a sign-up with it sends no confirmation email, until "
        "they contact us again and staff sign them up. Emails about orders are not affected."
    )

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        rows = Suppression.objects.filter(email_hash=hash_email(subject.email), reason=Reason.STAFF)
        return not rows.exists()

    def perform(self, by: User) -> str:
        staff_requests.do_not_contact(self.subject.email, how=self.cleaned_data["how"], by=str(by))
        return gettext("This address is not emailed any more.")


class EraseForm(RequestForm):
    is_dangerous = True
    permission = "newsletter.erase_subscriber"
    title = _("Erase")
    button = _("Erase this subscriber")
    consequence = _(
        "The address, details and history are deleted for good. What stays holds no address: that "
        "they consented, that the consent ended, and that no import may bring them back. Orders "
        "and an account are not affected."
    )

    def perform(self, by: User) -> str:
        erase(self.subject)
        return gettext("Erased. Only the proof of the erasure is left.")


#: What can be done about an address that is not a subscriber's, by the name in its URL.
LOOKUP_ACTIONS: dict[str, type[RequestForm]] = {
    "sign-up": SignUpForm,
    "do-not-contact": DoNotContactForm,
}
ACTIONS: dict[str, type[RequestForm]] = {
    "unsubscribe": UnsubscribeForm,
    "pause": PauseForm,
    "note": NoteForm,
    **LOOKUP_ACTIONS,
    "erase": EraseForm,
}


class LookupForm(forms.Form):
    """Finds an address. It travels in the body only: URLs end up in logs."""

    email = EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_("The address that they signed up with, or want the newsletter sent to."),
    )

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normalize_email(self.cleaned_data["email"])
