"""What customers fill in about themselves. Log-in's own forms are allauth's, in our words."""

from typing import Any, cast

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.db import transaction
from django.http import HttpRequest
from oscar.apps.address.models import UserAddress

from accounts.addresses import AddressFieldsMixin, answers_of
from accounts.agreements import services as agreements
from accounts.agreements.forms import AgreementFields
from accounts.agreements.offers import Offer, offer_for
from accounts.newsletter import beside
from accounts.newsletter.fields import LettersField
from accounts.newsletter.models import Source
from accounts.users.models import User
from microflight.core.limits import client_ip
from policies.models import Context

_MISSING = {
    "login": "Enter your e-mail address.",
    "email": "Enter your e-mail address.",
    "password": "Enter your password.",
    "oldpassword": "Enter your present password.",
    "password1": "Choose a password.",
    "password2": "Type the password once more.",
    "first_name": "Enter your first name.",
    "last_name": "Enter your last name.",
    "code": "Enter the code.",
}


class InOurWords:
    """A label says what a field is; a placeholder that repeats it only gets in the way."""

    choosing_hint = "At least 8 characters; not only digits, not a common word, not your name."
    words: dict[str, str] = {}
    tokens: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            if name in _MISSING:
                field.error_messages["required"] = _MISSING[name]
            if name in self.tokens:
                field.widget.attrs["autocomplete"] = self.tokens[name]
            if name == "password1":  # in place of a list of four rules
                field.help_text = self.choosing_hint


class LoginForm(InOurWords, account_forms.LoginForm):
    words = {"login": "E-mail address", "remember": "Stay logged in on this device"}
    tokens = {"login": "username"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the page itself links to the reset


class SignUpForm(InOurWords, account_forms.SignupForm, AgreementFields):
    """allauth's form, the name, which its adapter saves, and the texts to agree to."""

    words = {"email": "E-mail address", "password2": "Password, once more"}
    tokens = {"email": "email"}
    first_name = forms.CharField(
        max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        max_length=60, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    letters = LettersField(source=Source.REGISTRATION)
    missing = "Tick the box: an account needs your agreement."
    field_order = [
        "first_name", "last_name", "email", "password1", "password2", "agreed", "letters",
    ]  # fmt: skip

    def offered(self) -> Offer:
        """Return the texts in force that accounts need."""
        return offer_for(Context.REGISTRATION)

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Open the account and record what was agreed to with it, or neither."""
        user = cast(User, super().save(request))
        agreements.record(
            self.offer,
            Context.REGISTRATION,
            subject=agreements.account(user),
            user=user,
            address=client_ip(request),
        )
        if self.cleaned_data["letters"]:
            beside.at_registration(user, address=client_ip(request))
        return user


class EmailForm(InOurWords, account_forms.AddEmailForm):
    words = {"email": "New e-mail address"}
    tokens = {"email": "email"}


class ChangePasswordForm(InOurWords, account_forms.ChangePasswordForm):
    words = {
        "oldpassword": "Present password",
        "password1": "New password",
        "password2": "New password, once more",
    }


class SetPasswordForm(InOurWords, account_forms.SetPasswordForm):
    words = {"password2": "Password, once more"}


class ResetPasswordForm(InOurWords, account_forms.ResetPasswordForm):
    words = {"email": "E-mail address of your account"}
    tokens = {"email": "email"}


class ResetPasswordKeyForm(InOurWords, account_forms.ResetPasswordKeyForm):
    words = {"password2": "New password, once more"}


class ReauthenticateForm(InOurWords, account_forms.ReauthenticateForm):
    pass


class CodeForm(InOurWords, mfa_forms.AuthenticateForm):
    words = {"code": "Six-digit code, or a recovery code"}
    tokens = {"code": "one-time-code"}


class CodeAgainForm(InOurWords, mfa_forms.ReauthenticateForm):
    words = {"code": "Six-digit code, or a recovery code"}
    tokens = {"code": "one-time-code"}


class ActivateCodeForm(InOurWords, totp_forms.ActivateTOTPForm):
    words = {"code": "Six-digit code from the app"}
    tokens = {"code": "one-time-code"}


class ProfileForm(InOurWords, forms.ModelForm):
    """The name only: a new e-mail address must be proved, which allauth's page does."""

    class Meta:
        model = User
        fields = ["first_name", "last_name"]
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }


class AddressForm(AddressFieldsMixin):
    """One address of a customer's address book."""

    autocomplete_section = "shipping"

    def __init__(self, *args: Any, address: UserAddress, **kwargs: Any) -> None:
        self.address = address
        if address.pk:
            kwargs["initial"] = answers_of(address)
        super().__init__(*args, **kwargs)

    def save(self) -> UserAddress:
        """Write the cleaned fields to the address and return it. The first one is the default."""
        data, address = self.cleaned_data, self.address
        for name in ("first_name", "last_name", "line1", "line2", "country", "postcode"):
            setattr(address, name, data[name])
        address.line4, address.state = data["city"], data["province"]
        address.phone_number = data["phone"]
        if not address.user.addresses.exclude(pk=address.pk).exists():
            address.is_default_for_shipping = True
        address.save()
        return address
