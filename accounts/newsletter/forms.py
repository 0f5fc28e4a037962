"""What people fill in about letters: where they go, which, and what they tell of themselves."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from oscar.apps.address.models import Country

from accounts.newsletter.models import Source, Subscriber, Topic, normal
from accounts.newsletter.wordings import seal

CHANGED = "Our words have just changed: read them and press again."
#: One line, no control characters: these words may end in a letter's head.
_one_line = RegexValidator(
    re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), "Use one line.", inverse_match=True
)
LONGEST_PAUSE = timedelta(days=366)


def _line(label: str, longest: int, fills: str = "off") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": fills})
    return forms.CharField(
        label=label, max_length=longest, required=False, validators=[_one_line], widget=widget
    )


class EmailField(forms.EmailField):
    """An address, as subscribers are stored."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label="E-mail address",
            max_length=254,  # the column's
            widget=forms.EmailInput(attrs={"autocomplete": "email"}),
            error_messages={
                "required": "Enter your e-mail address.",
                "invalid": "Enter an e-mail address, such as dana@example.com.",
            },
            **more,
        )

    def clean(self, value: Any) -> str:
        """Return the address as it is stored; raise ValidationError for none, or for one that a
        letter's head or the column cannot hold."""
        email = normal(super().clean(value))
        if not email.isascii() or len(email) > 254:
            raise forms.ValidationError(self.error_messages["invalid"])
        return email


class DetailsForm(forms.Form):
    """What subscribers may tell about themselves, all of it optional."""

    name = _line("Name", 120, "name")
    job_title = _line("Job title", 80, "organization-title")
    purchasing_role = _line("Your part in purchasing", 80)
    company = _line("Company", 120, "organization")
    certification = _line("Professional certification", 120)
    country = forms.ChoiceField(
        label="Country",
        required=False,
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={"invalid_choice": "Choose a country from the list."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        names = Country.objects.order_by("-display_order", "printable_name")
        country.choices = [("", "")] + list(names.values_list("iso_3166_1_a2", "printable_name"))

    @property
    def details(self) -> dict[str, str]:
        """Return what was told, by the subscriber's field."""
        return {name: self.cleaned_data[name] for name in DetailsForm.base_fields}

    @property
    def detail_fields(self) -> list[Any]:
        """Return the bound fields, in their order."""
        return [self[name] for name in DetailsForm.base_fields]

    @property
    def details_are_open(self) -> bool:
        """Return whether something was filled in, which must not be folded away."""
        return any(field.value() or field.errors for field in self.detail_fields)


class TopicsForm(forms.Form):
    """Which letters."""

    topics = forms.MultipleChoiceField(
        label="Letters about",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["topics"]
        self.offered = list(Topic.objects.filter(is_active=True))
        field.choices = [(each.slug, f"{each.name}: {each.description}") for each in self.offered]


class Worded(forms.Form):
    """A form that comes back with the seal of its words; an answer to others counts for nothing."""

    words = forms.CharField(widget=forms.HiddenInput, required=False)
    wording = ""

    def __init__(self, *args: Any, wording: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wording = wording
        self.initial["words"] = seal(wording)

    def clean_words(self) -> str:
        """Refuse an answer to words that we do not use any more."""
        if self.cleaned_data["words"] != seal(self.wording):
            sent: Any = self.data.copy()  # type: ignore[attr-defined]  # stubs know a mapping
            sent["words"] = seal(self.wording)
            self.data = sent
            raise forms.ValidationError(CHANGED)
        return seal(self.wording)


class BoxForm(Worded):
    """The box on every page: an address."""

    email = EmailField()


class SignUpForm(Worded, TopicsForm, DetailsForm):
    """The newsletter's own page."""

    email = EmailField()
    field_order = ("email", "topics", *DetailsForm.base_fields, "words")


class OwnSignUpForm(Worded, TopicsForm, DetailsForm):
    """For an account: its address is known."""

    field_order = ("topics", *DetailsForm.base_fields, "words")


class PauseForm(forms.Form):
    """How long letters rest."""

    LENGTHS = (("", "No pause"), ("1", "1 month"), ("3", "3 months"), ("6", "6 months"),
               ("until", "Until a day"))  # fmt: skip
    length = forms.ChoiceField(
        label="How long", choices=LENGTHS, required=False, widget=forms.RadioSelect
    )
    until = forms.DateField(
        label="The day on which letters go on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a day, such as 2027-05-01."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # one of them is always chosen
            field.needed_in_places = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a day that is over, too far away, or missing."""
        data = super().clean() or {}
        if data.get("length") == "until" and "until" not in self.errors:
            today, until = timezone.localdate(), data.get("until")
            if until is None:
                self.add_error("until", "Enter the day on which letters go on.")
            elif not today < until <= today + LONGEST_PAUSE:
                self.add_error("until", "Choose a day from tomorrow to a year from now.")
        return data

    @property
    def day(self) -> date | None:
        """Return the day on which letters go on; None for no pause."""
        length = self.cleaned_data["length"]
        if length == "until":
            return self.cleaned_data["until"]
        return months_from(timezone.localdate(), int(length)) if length else None


def months_from(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


class ClicksForm(forms.Form):
    """Whether following a link in a letter is counted."""

    clicks_counted = forms.BooleanField(
        label="Count which links I follow, in totals without my name", required=False
    )


def form_for(source: str, data: Any, wording: str) -> "BoxForm | SignUpForm":
    """Return the form that a sign-up came by."""
    return (BoxForm if source == Source.BOX else SignUpForm)(data, wording=wording)


def initial_of(subscriber: Subscriber) -> dict[str, str]:
    """Return what is known of somebody, by field of `DetailsForm`."""
    return {name: getattr(subscriber, name) for name in DetailsForm.base_fields}
