"""The forms of the campaign desk: a draft with its conditions, a launch, a test."""

from typing import Any, cast

from django import forms
from django.utils import timezone

from accounts.newsletter.models import Campaign
from accounts.newsletter.segments import FILTERS

PREFIX = "for_"  # before the name of a condition
WORDS = ("title", "slug", "topic", "subject", "subject_b", "preheader", "source")
REST = ("sender_name", "reply_to", "test_share", "test_hours", "is_public")


class DraftForm(forms.ModelForm):
    """What is written on a draft. Its conditions come from the rooms that registered them."""

    class Meta:
        model = Campaign
        fields = (*WORDS, *REST)
        help_texts = {"source": "", "subject_b": "Two subjects are tried on a part of the readers."}
        labels = {"preheader": "Preview line", "is_public": "In the archive once sent"}
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
        """Take the conditions over; empty ones are none."""
        cleaned = super().clean() or self.cleaned_data
        asked = {name: cleaned.get(PREFIX + name) for name in FILTERS}
        self.instance.audience = {name: value for name, value in asked.items() if value}
        return cleaned


def condition_fields() -> list[str]:
    """Return the names of the conditions as fields of the form."""
    return [PREFIX + name for name in FILTERS]


def draft_form() -> type[DraftForm]:
    """Return the form with a field for each condition that any room registered."""
    fields = {PREFIX + name: one.field() for name, one in FILTERS.items()}
    return cast("type[DraftForm]", type("DraftForm", (DraftForm,), {**fields}))


class LaunchForm(forms.Form):
    """When it leaves."""

    at = forms.DateTimeField(
        required=False,
        label="Leaves at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Saskatchewan time, the whole year the same. Empty: at once.",
    )

    def clean_at(self) -> Any:
        """Refuse an hour gone by: it was meant for another day."""
        at = self.cleaned_data["at"]
        if at and at < timezone.now():
            raise forms.ValidationError("That hour is over. Leave it empty to send at once.")
        return at


class TestForm(forms.Form):
    """To which of one's own addresses."""

    to = forms.ChoiceField(label="A test to")
    subject = forms.ChoiceField(
        choices=[("a", "first subject"), ("b", "other subject")], required=False
    )

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(one, one) for one in addresses]  # type: ignore[attr-defined]
