"""The forms of a campaign in the admin: a draft with its audience, launch, test email, image."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.campaigns.audience import FILTERS
from accounts.newsletter.campaigns.images import BadImage, Encoded, encode
from accounts.newsletter.campaigns.models import Campaign, CampaignImage

PREFIX = "for_"  # before the name of a filter
CONTENT_FIELDS = ("title", "slug", "topic", "subject", "subject_b", "preheader", "source")
OPTION_FIELDS = ("sender_name", "reply_to", "test_share", "test_hours", "is_public")


class DraftForm(forms.ModelForm):
    class Meta:
        model = Campaign
        fields = (*CONTENT_FIELDS, *OPTION_FIELDS)
        widgets = {
            "subject": forms.TextInput(attrs={"class": "vTextField"}),
            "subject_b": forms.TextInput(attrs={"class": "vTextField"}),
            "preheader": forms.TextInput(attrs={"class": "vTextField"}),
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


def filter_fields() -> list[str]:
    """Return the filters as names of form fields."""
    return [PREFIX + name for name in FILTERS]


def draft_form() -> type[DraftForm]:
    """Return the form with a field for each filter that any package registered."""
    fields = {PREFIX + name: one.field() for name, one in FILTERS.items()}
    return cast("type[DraftForm]", type("DraftForm", (DraftForm,), {**fields}))


class LaunchForm(forms.Form):
    at = forms.DateTimeField(
        required=False,
        label=_("Send at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Saskatchewan time, all year. Empty: now."),
    )

    def clean_at(self) -> Any:
        """Reject a time in the past: it was meant for another day."""
        at = self.cleaned_data["at"]
        if at and at < timezone.now():
            raise forms.ValidationError(_("This time is over. Leave it empty to send now."))
        return at


class TestForm(forms.Form):
    to = forms.ChoiceField(label=_("Send test to"))
    subject = forms.ChoiceField(
        choices=[("a", _("first subject")), ("b", _("second subject"))], required=False
    )

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one, one) for one in addresses]  # type: ignore[attr-defined]


class ImageForm(forms.ModelForm):
    encoded: Encoded | None = None

    class Meta:
        model = CampaignImage
        fields = ("key", "alt", "file")
        widgets = {"file": forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})}

    def clean_file(self) -> Any:
        """Read the image now, so that an error is shown at its field."""
        upload = self.cleaned_data["file"]
        if "file" in self.changed_data:
            try:
                self.encoded = encode(upload)
            except BadImage as error:
                raise forms.ValidationError(str(error)) from error
        return upload
