"""The forms of the sign-up and preferences pages, and the checkbox in other forms."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.countries import countries
from accounts.email_addresses import normalize_email
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import Source, Topic
from microflight.core.forms import EmailField, LineField

TEXT_CHANGED = _("This text has just changed. Read it and submit again.")
MAX_PAUSE = timedelta(days=366)


class Checkbox(forms.CheckboxInput):
    """A checkbox that comes back with the hash of the text next to it; another value is unchecked.

    Templates recognize it by the name of its class.
    """

    def __init__(self, text: str) -> None:
        self.text_hash = text_hash(text)
        super().__init__(attrs={"value": self.text_hash})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Return whether it was checked next to the current text."""
        return data.get(name) == self.text_hash


class NewsletterField(forms.BooleanField):
    """The newsletter checkbox in other forms. Never pre-checked."""

    def __init__(self, *, source: Source, **more: Any) -> None:
        text = CONSENT_TEXTS[source]
        super().__init__(label=text, required=False, widget=Checkbox(text), **more)


class CheckoutNewsletterForm(forms.Form):
    newsletter = NewsletterField(source=Source.CHECKOUT)

    @property
    def is_checked(self) -> bool:
        """Return whether the shopper signs up."""
        return self.is_valid() and bool(self.cleaned_data["newsletter"])


class SubscriberEmailField(EmailField):
    """An email address, as subscribers are stored: in lower case."""

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
        """Return the address as it is stored."""
        return normalize_email(super().clean(value))


def _line(label: Any, longest: int, fills: str = "off") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": fills})
    return LineField(label=label, max_length=longest, required=False, widget=widget)


class PauseUntilField(forms.DateField):
    """The day on which emails resume."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=_("Resume on"), widget=widget, **more)

    def clean(self, value: Any) -> date | None:
        """Reject a date that is over or too far away."""
        until, today = super().clean(value), timezone.localdate()
        if until and not today < until <= today + MAX_PAUSE:
            raise forms.ValidationError(_("Choose a date from tomorrow to a year from now."))
        return until


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
        country.choices = [("", _("Not specified"))] + list(
            countries().values_list("iso_3166_1_a2", "printable_name")
        )

    @property
    def details(self) -> dict[str, str]:
        """Return the values by the subscriber's field."""
        return {name: self.cleaned_data[name] for name in DetailsForm.base_fields}

    @property
    def detail_fields(self) -> list[Any]:
        return [self[name] for name in DetailsForm.base_fields]

    @property
    def details_are_open(self) -> bool:
        """Return whether something was filled in, which must not be folded away."""
        return any(field.value() or field.errors for field in self.detail_fields)


class TopicsForm(forms.Form):
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
        current = text_hash(self.text)
        if self.cleaned_data["consent"] != current:
            self.data = self.data.copy()  # type: ignore[attr-defined]  # stubs know a mapping
            self.data["consent"] = current  # type: ignore[index]
            raise forms.ValidationError(TEXT_CHANGED)
        return current


class BoxForm(ConsentForm):
    email = SubscriberEmailField()


class AccountSignUpForm(ConsentForm, TopicsForm, DetailsForm):
    """For an account: its address is known."""

    field_order = ("topics", *DetailsForm.base_fields, "consent")


class SignUpForm(AccountSignUpForm):
    email = SubscriberEmailField()
    field_order = ("email", *AccountSignUpForm.field_order)


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
    until = PauseUntilField(
        required=False, error_messages={"invalid": _("Enter a date, such as 2027-05-01.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # one of them is always chosen
            field.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        """Reject a missing date, and ignore one that was not asked for."""
        data = super().clean() or {}
        if data.get("length") != "until":
            self.errors.pop("until", None)
        elif data.get("until") is None and "until" not in self.errors:
            self.add_error("until", _("Enter the date on which emails resume."))
        return data

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
    clicks_counted = forms.BooleanField(
        label=_("Count which links I click, in totals without my name"), required=False
    )
