"""What staff may do to a policy's text: one small form per act, each ending in one call."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from policies import publishing
from policies.models import Kind, PolicyVersion
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

WRITE = "policies.change_policyversion"
BEGIN = "policies.add_policyversion"
APPROVE = "policies.approve_policyversion"
PUBLISH = "policies.publish_policyversion"


_WORDS = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})


class TextForm(forms.Form):
    """One act on a text. `perform` does it and returns the sentence that says so."""

    rights: ClassVar[tuple[str, ...]]  # any of them
    stages: ClassVar[tuple[Stage, ...]]
    title: ClassVar[str]
    button: ClassVar[str]

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        self.fields["seen"].initial = publishing.last_step(version)

    @classmethod
    def possible(cls, version: PolicyVersion) -> bool:
        """Tell whether the act makes sense now; the service decides again."""
        return version.stage in cls.stages

    @property
    def warning(self) -> str:
        """Return what the act brings about, to be read before it is done."""
        return ""

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Do it; return the text to show next and what was done. Raises PolicyError."""
        raise NotImplementedError


class SubmitForm(TextForm):
    """Ask somebody else to read it."""

    rights = (WRITE,)
    stages = (Stage.DRAFT,)
    title = "Submit for review"
    button = "Submit for review"

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Hand it over; raises PolicyError with everything that is wrong with the text."""
        done = publishing.submit(self.version, by=by, seen=self.cleaned_data["seen"])
        return done, "The text waits for somebody else to approve it."


class SendBackForm(TextForm):
    """Not yet: say what is to be changed."""

    rights = (APPROVE, WRITE)
    stages = (Stage.REVIEW, Stage.APPROVED)
    title = "Send back"
    button = "Send back to its writer"
    why = forms.CharField(max_length=255, label="What is to be changed", widget=_WORDS)

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Make it a draft again."""
        asked = self.cleaned_data
        done = publishing.send_back(self.version, by=by, why=asked["why"], seen=asked["seen"])
        return done, "The text is a draft again."


class ApproveForm(TextForm):
    """Somebody who did not write it stands for it."""

    rights = (APPROVE,)
    stages = (Stage.REVIEW,)
    title = "Approve"
    button = "Approve this text"

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Approve it; raises PolicyError for whoever wrote on it."""
        done = publishing.approve(self.version, by=by, seen=self.cleaned_data["seen"])
        return done, "The text is approved and can be published."


class PublishForm(TextForm):
    """A day, and the reason where it is sooner than customers were told."""

    rights = (PUBLISH,)
    stages = (Stage.APPROVED,)
    title = "Publish"
    button = "Publish for good"
    effective_on = forms.DateField(
        label="In force from",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Midnight in Saskatoon; today means at once.",
    )
    short_notice = forms.CharField(
        max_length=255,
        required=False,
        label="Why sooner",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Only where a material change does not wait for its notice. It is kept.",
    )

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, version=version, **kwargs)
        self.fields["effective_on"].initial = publishing.earliest_day(version)
        if version.kind != Kind.MATERIAL:
            del self.fields["short_notice"]

    @property
    def warning(self) -> str:
        """Say that it cannot be undone, and who will hear of it."""
        told = "Once published, this text can never be changed or taken back."
        if self.version.kind == Kind.MATERIAL:
            return told + " It is a material change: everybody concerned is written to."
        return told + " It is an editorial change: nobody is written to."

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Number, date and seal it; raises PolicyError."""
        asked = self.cleaned_data
        done = publishing.publish(
            self.version,
            by=by,
            effective_on=asked["effective_on"],
            short_notice=asked.get("short_notice", ""),
            seen=asked["seen"],
        )
        return done, f"{done} is published."


class RestoreForm(TextForm):
    """Begin anew with the words of an old text, or of the newest one."""

    rights = (BEGIN,)
    stages = (Stage.PUBLISHED,)
    title = "Begin a draft with these words"
    button = "Begin the draft"

    @property
    def warning(self) -> str:
        """Say that the old text stays as it is."""
        return "This text stays as it is. Its words become a new draft, and that a new version."

    def perform(self, by: "User") -> tuple[PolicyVersion, str]:
        """Write the draft."""
        draft = publishing.new_draft(self.version.policy, by=by, based_on=self.version)
        return draft, f"A draft begins with the words of {self.version}."


#: By the word in their address.
ACTS: dict[str, type[TextForm]] = {
    "submit": SubmitForm,
    "approve": ApproveForm,
    "publish": PublishForm,
    "send-back": SendBackForm,
    "restore": RestoreForm,
}


def possible_acts(may: Callable[[str], bool], version: PolicyVersion) -> list[tuple[str, str]]:
    """Return what somebody may do to a text now, as (address, title)."""
    return [
        (name, form.title)
        for name, form in ACTS.items()
        if form.possible(version) and any(may(right) for right in form.rights)
    ]
