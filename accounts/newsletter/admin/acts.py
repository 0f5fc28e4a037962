"""What staff may do about one address: one small form for each act, ending in one service."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from accounts.newsletter import answering
from accounts.newsletter.erasing import erase
from accounts.newsletter.leaving import leave
from accounts.newsletter.models import Reason, Subscriber, Suppression, Topic, digest_of
from accounts.newsletter.states import SubscriberState

ANSWER = "newsletter.answer_subscriber"
LONGEST_PAUSE = timedelta(days=366)
HOW = (("letter", "a letter"), ("call", "the telephone"), ("e-mail", "an e-mail"), ("fax", "a fax"))


class ActForm(forms.Form):
    """One act. `subscriber` is None for an address that is nobody's yet."""

    right: ClassVar[str] = ANSWER
    title: ClassVar[str]
    button: ClassVar[str]
    warning: ClassVar[str] = ""

    how = forms.ChoiceField(label="It came by", choices=HOW)

    def __init__(self, data: Any = None, *, email: str, subscriber: Subscriber | None) -> None:
        super().__init__(data)
        self.email, self.subscriber = email, subscriber

    @classmethod
    def possible_for(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Tell whether the act makes sense for this address now."""
        return subscriber is not None

    def perform(self, by: str) -> str:
        """Do it; return what was done, in words."""
        raise NotImplementedError

    @property
    def known(self) -> Subscriber:
        """Return the subscriber: there is one where `possible_for` says so."""
        assert self.subscriber is not None  # noqa: S101
        return self.subscriber


class LeaveForm(ActForm):
    """They want no more letters."""

    title = "Unsubscribe"
    button = "Unsubscribe this address"
    warning = (
        "No campaign goes there from now on, and no imported list brings the address back. "
        "Whoever owns it can sign up again."
    )

    @classmethod
    def possible_for(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Whoever left has left."""
        return subscriber is not None and subscriber.state != SubscriberState.LEFT

    def perform(self, by: str) -> str:
        """Leave."""
        leave(self.known, how=self.cleaned_data["how"], by=by)
        return "Unsubscribed. No campaign goes there any more."


class PauseForm(ActForm):
    """They want none for a while."""

    title = "Pause"
    button = "Pause the letters"

    until = forms.DateField(
        label="Letters go on from",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At most a year from now.",
    )

    @classmethod
    def possible_for(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Only who gets letters can pause them."""
        return subscriber is not None and subscriber.state == SubscriberState.ACTIVE

    def clean_until(self) -> Any:
        """Refuse a day that is no pause."""
        until, today = self.cleaned_data["until"], timezone.localdate()
        if not today < until <= today + LONGEST_PAUSE:
            raise forms.ValidationError("Choose a day from tomorrow until a year from now.")
        return until

    def perform(self, by: str) -> str:
        """Pause."""
        until = self.cleaned_data["until"]
        answering.pause(self.known, until, how=self.cleaned_data["how"], by=by)
        return f"Letters rest until {until:%Y-%m-%d}."


class NoteForm(ActForm):
    """They said something worth keeping."""

    title = "Note"
    button = "Keep the note"

    words = forms.CharField(
        label="Note",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 200}),
        help_text="They get it to read when they ask for their data.",
    )

    def perform(self, by: str) -> str:
        """Keep it."""
        how = self.cleaned_data["how"]
        answering.note(self.known, f"note: {how}", self.cleaned_data["words"], by=by)
        return "The note is kept."


class SignUpForm(ActForm):
    """They asked for letters."""

    title = "Sign up"
    button = "Send the letter that asks to confirm"
    warning = "They are subscribed once they follow the link in that letter, and not before."

    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    topics: "forms.ModelMultipleChoiceField[Topic]" = forms.ModelMultipleChoiceField(
        label="Letters about",
        queryset=Topic.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
    )
    wording = forms.CharField(
        label="In these words",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What they wrote, or what you read to them. It is kept as their consent.",
    )

    @classmethod
    def possible_for(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Not for who is subscribed."""
        return subscriber is None or subscriber.state != SubscriberState.ACTIVE

    def perform(self, by: str) -> str:
        """Ask them."""
        data = self.cleaned_data
        done = answering.sign_up(
            self.email,
            topics=[topic.slug for topic in data["topics"]],
            wording=data["wording"],
            name=data["name"],
            how=data["how"],
            by=by,
        )
        if done:
            return "The letter that asks to confirm is on its way."
        return "Nothing was done: enough such letters went to this address today already."


class NeverForm(ActForm):
    """They never want to hear of us again, whoever types their address into a form."""

    title = "Never again"
    button = "Never write to this address"
    warning = (
        "No campaign goes there, and a sign-up with this address gets no letter either, until "
        "they write or ring again and staff sign them up. Letters about orders still go."
    )

    @classmethod
    def possible_for(cls, subscriber: Subscriber | None, email: str) -> bool:
        """Once."""
        row = Suppression.objects.filter(digest=digest_of(email), reason=Reason.STAFF)
        return not row.exists()

    def perform(self, by: str) -> str:
        """Block."""
        answering.never_again(self.email, how=self.cleaned_data["how"], by=by)
        return "Nothing is written to this address any more."


class EraseForm(ActForm):
    """They want to be forgotten."""

    right = "newsletter.erase_subscriber"
    title = "Erase"
    button = "Erase this subscriber"
    warning = (
        "The address, what they told of themselves, and their history are deleted for good. What "
        "stays holds no address: that they had agreed and that it ended, and that no list may "
        "bring them back. Orders and an account are not touched."
    )

    def perform(self, by: str) -> str:
        """Forget them."""
        erase(self.known)
        return "Erased. Only what proves the erasure is left."


#: By the word in their address.
ACTS: dict[str, type[ActForm]] = {
    "leave": LeaveForm,
    "pause": PauseForm,
    "note": NoteForm,
    "sign-up": SignUpForm,
    "never": NeverForm,
    "erase": EraseForm,
}
