"""The requests that staff fulfil for a subscriber: one form each, which calls one service."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.subscribers import staff_requests
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.erasure import erase
from accounts.newsletter.subscribers.forms import MAX_PAUSE
from accounts.newsletter.subscribers.models import Reason, Subscriber, Suppression, Topic
from accounts.newsletter.subscribers.states import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from microflight.core.action_view import ActionForm

if TYPE_CHECKING:
    from accounts.users.models import User

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
    title = button = _("Unsubscribe")
    consequence = _(
        "This address gets no more campaigns, and no import brings it back. "
        "Its owner can sign up again."
    )

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        return subject.state != SubscriberState.UNSUBSCRIBED

    def perform(self, by: "User") -> str:
        unsubscribe(self.subject, how=self.cleaned_data["how"], by=str(by))
        return gettext("Unsubscribed. This address gets no more campaigns.")


class PauseForm(RequestForm):
    title = _("Pause")
    button = _("Pause emails")

    until = forms.DateField(
        label=_("Resume on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most a year from now."),
    )

    @classmethod
    def is_available(cls, subject: Subscriber) -> bool:
        return subject.state == SubscriberState.ACTIVE

    def clean_until(self) -> Any:
        """Reject a date that is no pause."""
        until, today = self.cleaned_data["until"], timezone.localdate()
        if not today < until <= today + MAX_PAUSE:
            raise forms.ValidationError(_("Choose a date from tomorrow to a year from now."))
        return until

    def perform(self, by: "User") -> str:
        until = self.cleaned_data["until"]
        staff_requests.pause(self.subject, until, how=self.cleaned_data["how"], by=str(by))
        return gettext("Emails are paused until %s.") % f"{until:%Y-%m-%d}"


class NoteForm(RequestForm):
    title = _("Add note")
    button = _("Save note")

    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 200}),
        help_text=_("Included when the subscriber requests their data."),
    )

    def perform(self, by: "User") -> str:
        data = self.cleaned_data
        staff_requests.note(self.subject, f"note: {data['how']}", data["note"], by=str(by))
        return gettext("Note saved.")


class SignUpForm(RequestForm):
    title = _("Sign up")
    button = _("Send confirmation email")
    consequence = _("They are subscribed once they follow the link in that email, and not before.")

    name = forms.CharField(
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

    def perform(self, by: "User") -> str:
        data = self.cleaned_data
        done = staff_requests.sign_up(
            self.subject.email,
            topics=[topic.slug for topic in data["topics"]],
            text=data["text"],
            name=data["name"],
            how=data["how"],
            by=str(by),
        )
        if done:
            return gettext("The confirmation email is on its way.")
        return gettext("Nothing was done: this address has reached today's limit of such emails.")


class DoNotContactForm(RequestForm):
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

    def perform(self, by: "User") -> str:
        staff_requests.do_not_contact(self.subject.email, how=self.cleaned_data["how"], by=str(by))
        return gettext("This address is not emailed any more.")


class EraseForm(RequestForm):
    permission = "newsletter.erase_subscriber"
    title = _("Erase")
    button = _("Erase this subscriber")
    consequence = _(
        "The address, details and history are deleted for good. What stays holds no address: that "
        "they consented, that the consent ended, and that no import may bring them back. Orders "
        "and an account are not affected."
    )

    def perform(self, by: "User") -> str:
        erase(self.subject)
        return gettext("Erased. Only the proof of the erasure is left.")


#: By the name in their URL.
ACTIONS: dict[str, type[RequestForm]] = {
    "unsubscribe": UnsubscribeForm,
    "pause": PauseForm,
    "note": NoteForm,
    "sign-up": SignUpForm,
    "do-not-contact": DoNotContactForm,
    "erase": EraseForm,
}
#: What can be done about an address that is not a subscriber's.
LOOKUP_ACTIONS: dict[str, type[RequestForm]] = {
    name: ACTIONS[name] for name in ("sign-up", "do-not-contact")
}


class LookupForm(forms.Form):
    """Finds an address. It travels in the body only: URLs end up in logs."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_("The address that they signed up with, or want the newsletter sent to."),
    )

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normalize_email(self.cleaned_data["email"])
