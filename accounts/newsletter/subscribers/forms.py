"""The forms of the sign-up and preferences pages, and the checkbox in other forms."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.email_hash import normalize_email
from accounts.newsletter.subscribers.models import Source, Topic

TEXT_CHANGED = _("This text has just changed. Read it and submit again.")
MAX_PAUSE = timedelta(days=366)
#: One line, no control characters: these values may be used in an email's headers.
_one_line = RegexValidator(
    re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), _("Use one line."), inverse_match=True
)


class Checkbox(forms.CheckboxInput):
    """A checkbox that comes back with the hash of the text next to it; another value is unchecked.

    Templates recognize it by the name of its class.
    """

    def __init__(self, text: str) -> None:
        self.text_hash = text_hash(text)
        super().__init__(attrs={"value": self.text_hash, "autocomplete": "off"})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Return whether it was checked next to the current text."""
        return data.get(name) == self.text_hash


class NewsletterField(forms.BooleanField):
    """The newsletter checkbox in other forms. Never pre-checked."""

    def __init__(self, *, source: Source, **more: Any) -> None:
        text = CONSENT_TEXTS[source]
        super().__init__(label=text, required=False, widget=Checkbox(text), **more)


class CheckoutNewsletterForm(forms.Form):
    """The checkbox of the checkout."""

    newsletter = NewsletterField(source=Source.CHECKOUT)

    @property
    def is_checked(self) -> bool:
        """Return whether the shopper signs up."""
        return self.is_valid() and bool(self.cleaned_data["newsletter"])


class EmailField(forms.EmailField):
    """An email address, as subscribers are stored."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label=_("Email"),
            max_length=254,  # the column's
            widget=forms.EmailInput(attrs={"autocomplete": "email"}),
            error_messages={
                "required": _("Enter your email address."),
                "invalid": _("Enter an email address, such as dana@example.com."),
            },
            **more,
        )

    def clean(self, value: Any) -> str:
        """Return the address as it is stored; reject one that a header cannot hold."""
        email = normalize_email(super().clean(value))
        if not email.isascii() or len(email) > 254:
            raise forms.ValidationError(self.error_messages["invalid"])
        return email


def _line(label: Any, longest: int, fills: str = "off") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": fills})
    return forms.CharField(
        label=label, max_length=longest, required=False, validators=[_one_line], widget=widget
    )


class DetailsForm(forms.Form):
    """The optional details of a subscriber."""

    name = _line(_("Name"), 120, "name")
    job_title = _line(_("Job title"), 80, "organization-title")
    purchasing_role = _line(_("Purchasing role"), 80)
    company = _line(_("Company"), 120, "organization")
    certification = _line(_("Professional certification"), 120)
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={"invalid_choice": _("Choose a country from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        names = Country.objects.order_by("-display_order", "printable_name")
        country.choices = [("", "")] + list(names.values_list("iso_3166_1_a2", "printable_name"))

    @property
    def details(self) -> dict[str, str]:
        """Return the values by the subscriber's field."""
        return {name: self.cleaned_data[name] for name in DetailsForm.base_fields}

    @property
    def detail_fields(self) -> list[Any]:
        """Return the bound fields, in order."""
        return [self[name] for name in DetailsForm.base_fields]

    @property
    def details_are_open(self) -> bool:
        """Return whether something was filled in, which must not be folded away."""
        return any(field.value() or field.errors for field in self.detail_fields)


class TopicsForm(forms.Form):
    """The topics of a subscriber."""

    topics = forms.MultipleChoiceField(
        label=_("Topics"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Select at least one topic.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["topics"]
        offered = Topic.objects.filter(is_active=True)
        field.choices = [(each.slug, f"{each.name}: {each.description}") for each in offered]


class ConsentForm(forms.Form):
    """A form that submits the hash of its consent text; it is invalid if the text has changed."""

    consent = forms.CharField(widget=forms.HiddenInput, required=False)
    text = ""

    def __init__(self, *args: Any, text: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.initial["consent"] = text_hash(text)

    def clean_consent(self) -> str:
        """Reject an answer to a text that is no longer in use."""
        if self.cleaned_data["consent"] != text_hash(self.text):
            sent: Any = self.data.copy()  # type: ignore[attr-defined]  # stubs know a mapping
            sent["consent"] = text_hash(self.text)
            self.data = sent
            raise forms.ValidationError(TEXT_CHANGED)
        return text_hash(self.text)


class BoxForm(ConsentForm):
    """The sign-up box on every page."""

    email = EmailField()


class SignUpForm(ConsentForm, TopicsForm, DetailsForm):
    """The newsletter page."""

    email = EmailField()
    field_order = ("email", "topics", *DetailsForm.base_fields, "consent")


class AccountSignUpForm(ConsentForm, TopicsForm, DetailsForm):
    """For an account: its address is known."""

    field_order = ("topics", *DetailsForm.base_fields, "consent")


class PauseForm(forms.Form):
    """How long emails are paused."""

    LENGTHS = (
        ("", _("No pause")),
        ("1", _("1 month")),
        ("3", _("3 months")),
        ("6", _("6 months")),
        ("until", _("Until a date")),
    )
    length = forms.ChoiceField(
        label=_("How long"), choices=LENGTHS, required=False, widget=forms.RadioSelect
    )
    until = forms.DateField(
        label=_("Resume on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date, such as 2027-05-01.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # one of them is always chosen
            field.needed_in_places = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Reject a date that is over, too far away, or missing."""
        data = super().clean() or {}
        if data.get("length") == "until" and "until" not in self.errors:
            if data.get("until") is None:
                self.add_error("until", _("Enter the date on which emails resume."))
            else:
                self._check(data["until"])
        return data

    def _check(self, until: date) -> None:
        today = timezone.localdate()
        if not today < until <= today + MAX_PAUSE:
            self.add_error("until", _("Choose a date from tomorrow to a year from now."))

    @property
    def day(self) -> date | None:
        """Return the day on which emails resume; None for no pause."""
        length = self.cleaned_data["length"]
        if length == "until":
            return self.cleaned_data["until"]
        return add_months(timezone.localdate(), int(length)) if length else None


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


class ClicksForm(forms.Form):
    """Whether clicks on links are counted."""

    clicks_counted = forms.BooleanField(
        label=_("Count which links I click, in totals without my name"), required=False
    )
