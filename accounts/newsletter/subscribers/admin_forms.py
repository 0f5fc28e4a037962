"""What staff may do about one address: one small form per action, each calling one service."""

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.subscribers import staff_requests
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.erasure import erase
from accounts.newsletter.subscribers.forms import MAX_PAUSE
from accounts.newsletter.subscribers.models import Reason, Subscriber, Suppression, Topic
from accounts.newsletter.subscribers.states import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe

ANSWER = "newsletter.answer_subscriber"


class ActionForm(forms.Form):
    """One action. `subscriber` is None for an address that is not a subscriber's."""

    permission: ClassVar[str] = ANSWER
    title: ClassVar[Any]
    button: ClassVar[Any]
    warning: ClassVar[Any] = ""

    how = forms.ChoiceField(
        label=_("Request received by"),
        choices=(
            ("letter", _("Letter")),
            ("phone", _("Phone")),
            ("email", _("Email")),
            ("fax", _("Fax")),
        ),
    )

    def __init__(self, data: Any = None, *, email: str, subscriber: Subscriber | None) -> None:
        super().__init__(data)
        self.email, self.subscriber = email, subscriber

    @classmethod
    def applies_to(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Return whether the action makes sense for this address now."""
        return subscriber is not None

    def perform(self, by: str) -> Any:
        """Perform it; return a message that says what was done."""
        raise NotImplementedError

    @property
    def known(self) -> Subscriber:
        """Return the subscriber: there is one where `applies_to` says so."""
        assert self.subscriber is not None  # noqa: S101
        return self.subscriber


class UnsubscribeForm(ActionForm):
    title = button = _("Unsubscribe")
    warning = _(
        "This address gets no more campaigns, and no import brings it back. "
        "Its owner can sign up again."
    )

    @classmethod
    def applies_to(cls, subscriber: Subscriber | None, email: str) -> bool:
        return subscriber is not None and subscriber.state != SubscriberState.UNSUBSCRIBED

    def perform(self, by: str) -> Any:
        unsubscribe(self.known, how=self.cleaned_data["how"], by=by)
        return _("Unsubscribed. This address gets no more campaigns.")


class PauseForm(ActionForm):
    title = _("Pause")
    button = _("Pause emails")

    until = forms.DateField(
        label=_("Resume on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most a year from now."),
    )

    @classmethod
    def applies_to(cls, subscriber: Subscriber | None, email: str) -> bool:
        return subscriber is not None and subscriber.state == SubscriberState.ACTIVE

    def clean_until(self) -> Any:
        """Reject a date that is no pause."""
        until, today = self.cleaned_data["until"], timezone.localdate()
        if not today < until <= today + MAX_PAUSE:
            raise forms.ValidationError(_("Choose a date from tomorrow to a year from now."))
        return until

    def perform(self, by: str) -> Any:
        until = self.cleaned_data["until"]
        staff_requests.pause(self.known, until, how=self.cleaned_data["how"], by=by)
        return _("Emails are paused until %s.") % f"{until:%Y-%m-%d}"


class NoteForm(ActionForm):
    title = _("Add note")
    button = _("Save note")

    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 200}),
        help_text=_("Included when the subscriber requests their data."),
    )

    def perform(self, by: str) -> Any:
        data = self.cleaned_data
        staff_requests.note(self.known, f"note: {data['how']}", data["note"], by=by)
        return _("Note saved.")


class SignUpForm(ActionForm):
    title = _("Sign up")
    button = _("Send confirmation email")
    warning = _("They are subscribed once they follow the link in that email, and not before.")

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
    def applies_to(cls, subscriber: Subscriber | None, email: str) -> bool:
        return subscriber is None or subscriber.state != SubscriberState.ACTIVE

    def perform(self, by: str) -> Any:
        data = self.cleaned_data
        done = staff_requests.sign_up(
            self.email,
            topics=[topic.slug for topic in data["topics"]],
            text=data["text"],
            name=data["name"],
            how=data["how"],
            by=by,
        )
        if done:
            return _("The confirmation email is on its way.")
        return _("Nothing was done: this address has reached today's limit of such emails.")


class DoNotContactForm(ActionForm):
    title = _("Do not contact")
    button = _("Never email this address")
    warning = _(
        "This address gets no campaigns, and a sign-up with it sends no confirmation email, until "
        "they contact us again and staff sign them up. Emails about orders are not affected."
    )

    @classmethod
    def applies_to(cls, subscriber: Subscriber | None, email: str) -> bool:
        rows = Suppression.objects.filter(email_hash=hash_email(email), reason=Reason.STAFF)
        return not rows.exists()

    def perform(self, by: str) -> Any:
        staff_requests.do_not_contact(self.email, how=self.cleaned_data["how"], by=by)
        return _("This address is not emailed any more.")


class EraseForm(ActionForm):
    permission = "newsletter.erase_subscriber"
    title = _("Erase")
    button = _("Erase this subscriber")
    warning = _(
        "The address, details and history are deleted for good. What stays holds no address: that "
        "they consented, that the consent ended, and that no import may bring them back. Orders "
        "and an account are not affected."
    )

    def perform(self, by: str) -> Any:
        erase(self.known)
        return _("Erased. Only the proof of the erasure is left.")


#: By the name in their URL.
ACTIONS: dict[str, type[ActionForm]] = {
    "unsubscribe": UnsubscribeForm,
    "pause": PauseForm,
    "note": NoteForm,
    "sign-up": SignUpForm,
    "do-not-contact": DoNotContactForm,
    "erase": EraseForm,
}
#: What can be done about an address that is not a subscriber's.
LOOKUP_ACTIONS: dict[str, type[ActionForm]] = {
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
