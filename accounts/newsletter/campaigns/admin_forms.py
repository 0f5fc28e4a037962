"""The forms of a campaign in the admin: a draft with its audience, actions, test email, image."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.campaigns import controls
from accounts.newsletter.campaigns.audience import FILTERS
from accounts.newsletter.campaigns.checklist import Checked, check
from accounts.newsletter.campaigns.launch import launch, revert_to_draft
from accounts.newsletter.campaigns.models import CAMPAIGN, Campaign, CampaignImage, CampaignState
from accounts.users.models import User
from microflight.core.action_view import ActionForm
from microflight.core.image_uploads import EncodedImage, ImageUploadField

CHANGE = "newsletter.change_campaign"
LAUNCH = "newsletter.launch_campaign"

PREFIX = "for_"  # before the name of a filter
CONTENT_FIELDS = ("title", "slug", "topic", "subject", "subject_b", "preheader", "source")
OPTION_FIELDS = ("sender_name", "reply_to", "test_share", "test_hours", "is_public")
_WIDE = {"class": "vTextField"}


class DraftForm(forms.ModelForm):
    class Meta:
        model = Campaign
        fields = (*CONTENT_FIELDS, *OPTION_FIELDS)
        widgets = {
            "subject": forms.TextInput(attrs=_WIDE),
            "subject_b": forms.TextInput(attrs=_WIDE),
            "preheader": forms.TextInput(attrs=_WIDE),
            "source": forms.Textarea(attrs={"rows": 26, "spellcheck": "true"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (self.instance.audience or {}).items():
            self.initial[PREFIX + name] = value

    def clean(self) -> dict[str, Any] | None:
        """Store the filters; empty ones are none."""
        cleaned = super().clean() or self.cleaned_data
        values = {name: cleaned.get(PREFIX + name) for name in FILTERS}
        self.instance.audience = {name: value for name, value in values.items() if value}
        return cleaned


def filter_fields() -> dict[str, forms.Field]:
    """Return a form field for each filter that any package registered."""
    return {PREFIX + name: one.field() for name, one in FILTERS.items()}


def draft_form() -> type[DraftForm]:
    """Return the form of a draft and its audience."""
    return type("DraftForm", (DraftForm,), {**filter_fields()})


class LaunchForm(ActionForm):
    subject: Campaign
    permission = LAUNCH
    title = button = _("Send or schedule campaign")
    consequence = _(
        "Content, audience and sender are final from now on. You can revert to a draft until the "
        "campaign is being prepared."
    )

    at = forms.DateTimeField(
        required=False,
        label=_("Send at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Saskatchewan time, all year. Empty: now."),
    )

    @classmethod
    def is_available(cls, subject: Campaign) -> bool:
        return not subject.is_frozen

    @cached_property
    def checked(self) -> Checked:
        """The checklist; requests links to other sites."""
        return check(self.subject, request_sites=True)

    def clean_at(self) -> Any:
        """Reject a time in the past: it was meant for another day."""
        at = self.cleaned_data["at"]
        if at and at < timezone.now():
            raise forms.ValidationError(_("This time is over. Leave it empty to send now."))
        return at

    def perform(self, by: User) -> str:
        launched = launch(self.subject, at=self.cleaned_data["at"], by=by)
        when = {"when": date_format(localtime(launched.scheduled_at), "j M Y, H:i")}
        return gettext("The campaign is scheduled for %(when)s. Its content is final now.") % when


class ControlForm(ActionForm):
    """Moves a campaign to another state."""

    subject: Campaign
    permission = LAUNCH
    target: ClassVar[CampaignState]
    control: ClassVar[Callable[..., Any]]
    done: ClassVar[Any]

    @classmethod
    def is_available(cls, subject: Campaign) -> bool:
        return CAMPAIGN.allows(subject.state, cls.target)

    def perform(self, by: User) -> str:
        type(self).control(self.subject, by=by)
        return str(self.done)


class PauseForm(ControlForm):
    title = button = _("Pause")
    done = _("Paused. Up to ten emails per worker are still sent.")
    target = CampaignState.PAUSED
    control = controls.pause


class ResumeForm(ControlForm):
    title = button = _("Resume")
    done = _("Resumed.")
    control = controls.resume

    @classmethod
    def is_available(cls, subject: Campaign) -> bool:
        return subject.state in (CampaignState.PAUSED, CampaignState.STOPPED)


class CancelForm(ControlForm):
    is_dangerous = True
    title = _("Cancel campaign")
    button = _("Send nothing more")
    consequence = _("A cancelled campaign cannot be resumed.")
    done = _("Cancelled. Nothing more is sent.")
    target = CampaignState.CANCELLED
    control = controls.cancel


class RevertForm(ControlForm):
    title = button = _("Revert to draft")
    done = _("The campaign is a draft again.")
    target = CampaignState.DRAFT
    control = revert_to_draft


class ArchiveForm(ActionForm):
    """Shows a launched campaign in the archive, also after it was sent."""

    subject: Campaign
    permission = CHANGE
    title = button = _("Add to archive")
    done = _("Added to the archive.")
    is_public = True

    @classmethod
    def is_available(cls, subject: Campaign) -> bool:
        return subject.is_frozen and subject.is_public != cls.is_public

    def perform(self, by: User) -> str:
        controls.set_public(self.subject, self.is_public, by=by)
        return str(self.done)


class UnarchiveForm(ArchiveForm):
    title = button = _("Remove from archive")
    done = _("Removed from the archive.")
    is_public = False


#: By the name in their URL.
ACTIONS: dict[str, type[ActionForm]] = {
    "launch": LaunchForm,
    "pause": PauseForm,
    "resume": ResumeForm,
    "cancel": CancelForm,
    "revert": RevertForm,
    "archive": ArchiveForm,
    "unarchive": UnarchiveForm,
}


class TestForm(forms.Form):
    to = forms.ChoiceField(label=_("Send test to"))
    subject = forms.ChoiceField(
        choices=[("a", _("first subject")), ("b", _("second subject"))], required=False
    )

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one, one) for one in addresses]  # type: ignore[attr-defined]


class ImageForm(forms.ModelForm):
    """An image for emails, on white: some email apps show transparency in black."""

    # Twice the width of an email, for high-density screens.
    file = ImageUploadField(
        label=_("file"), box=(1116, 20_000), on_white=True, widget=forms.FileInput
    )

    class Meta:
        model = CampaignImage
        fields = ("key", "alt", "file")

    def clean_file(self) -> Any:
        """Store the size of a new image with it."""
        file = self.cleaned_data["file"]
        if isinstance(file, EncodedImage):
            self.instance.width, self.instance.height = file.width, file.height
        return file
