"""Account forms: allauth's with our labels, the customer's name and addresses."""

from typing import Any, cast

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import UserAddress

from accounts.addresses import AddressFieldsMixin, address_initial
from accounts.agreements import services as agreements
from accounts.agreements.forms import AcceptanceFields
from accounts.agreements.required_policies import RequiredPolicies, required_policies
from accounts.newsletter.subscribers import opt_in
from accounts.newsletter.subscribers.forms import NewsletterField
from accounts.newsletter.subscribers.models import Source
from accounts.users.models import User
from microflight.core.forms import EmailField, LineField
from microflight.core.limits import client_ip
from policies.models import Context

_REQUIRED = {
    "login": _("Enter your email address."),
    "email": _("Enter your email address."),
    "password": _("Enter your password."),
    "oldpassword": _("Enter your current password."),
    "password1": _("Choose a password."),
    "password2": _("Enter the password again."),
    "first_name": _("Enter your first name."),
    "code": _("Enter the code."),
}


class AccountEmailField(EmailField):
    """The email address of an account: in lower case, as allauth compares it."""

    def clean(self, value: Any) -> str:
        """Return the address as it is stored."""
        return str(super().clean(value)).lower()


class LabelsMixin:
    """Our labels, messages and email field, and no placeholders that repeat the label."""

    password_help = _(
        "At least 8 characters; not only digits, not a common password, not your name."
    )
    labels: dict[str, Any] = {}
    autocomplete: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for name in fields.keys() & {"email", "login"}:
            fields[name] = AccountEmailField(widget=fields[name].widget)
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if name in _REQUIRED:
                field.error_messages["required"] = _REQUIRED[name]
            if name in self.autocomplete:
                field.widget.attrs["autocomplete"] = self.autocomplete[name]
            if name == "password1":  # in place of a list of four rules
                field.help_text = self.password_help


class LoginForm(LabelsMixin, account_forms.LoginForm):
    labels = {"login": _("Email address"), "remember": _("Stay logged in on this device")}
    autocomplete = {"login": "username"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the page itself links to the reset


class SignUpForm(LabelsMixin, account_forms.SignupForm, AcceptanceFields):
    """allauth's form with the name, which its adapter saves, and the policies to accept."""

    labels = {"email": _("Email address"), "password2": _("Confirm password")}
    autocomplete = {"email": "email"}
    first_name = LineField(
        max_length=255, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = LineField(
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    newsletter = NewsletterField(source=Source.REGISTRATION)
    missing = _("Check the box: an account requires your agreement.")
    field_order = [
        "first_name", "last_name", "email", "password1", "password2", "agreed", "newsletter",
    ]  # fmt: skip

    def get_required_policies(self) -> RequiredPolicies:
        """Return the policies in force that accounts must accept."""
        return required_policies(Context.REGISTRATION)

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Create the account and record its policy acceptances, or neither."""
        user = cast(User, super().save(request))
        agreements.record(
            self.required_policies,
            Context.REGISTRATION,
            subject=agreements.account_subject(user),
            user=user,
            ip=client_ip(request),
        )
        if self.cleaned_data["newsletter"]:
            opt_in.at_registration(user, ip=client_ip(request))
        return user


class EmailForm(LabelsMixin, account_forms.AddEmailForm):
    labels = {"email": _("New email address")}
    autocomplete = {"email": "email"}


class ChangePasswordForm(LabelsMixin, account_forms.ChangePasswordForm):
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("Confirm new password"),
    }


class SetPasswordForm(LabelsMixin, account_forms.SetPasswordForm):
    labels = {"password2": _("Confirm password")}


class ResetPasswordForm(LabelsMixin, account_forms.ResetPasswordForm):
    labels = {"email": _("Email address of your account")}
    autocomplete = {"email": "email"}


class ResetPasswordKeyForm(LabelsMixin, account_forms.ResetPasswordKeyForm):
    labels = {"password2": _("Confirm new password")}


class ReauthenticateForm(LabelsMixin, account_forms.ReauthenticateForm):
    pass


class CodeForm(LabelsMixin, mfa_forms.AuthenticateForm):
    labels = {"code": _("Six-digit code or a recovery code")}
    autocomplete = {"code": "one-time-code"}


class CodeAgainForm(LabelsMixin, mfa_forms.ReauthenticateForm):
    labels = {"code": _("Six-digit code or a recovery code")}
    autocomplete = {"code": "one-time-code"}


class ActivateCodeForm(LabelsMixin, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Six-digit code from the app")}
    autocomplete = {"code": "one-time-code"}


class ProfileForm(LabelsMixin, forms.ModelForm):
    """The name only: a new email address must be verified on allauth's page."""

    class Meta:
        model = User
        fields = ["first_name", "last_name"]
        field_classes = {"first_name": LineField, "last_name": LineField}
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }


class AddressForm(AddressFieldsMixin):
    """One address in a customer's address book."""

    autocomplete_section = "shipping"

    def __init__(self, *args: Any, address: UserAddress, **kwargs: Any) -> None:
        self.address = address
        if address.pk:
            kwargs["initial"] = address_initial(address)
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Write the cleaned fields to the address; reject one that is in the address book."""
        data, address = super().clean(), self.address
        if self.errors:
            return data
        for name in ("first_name", "last_name", "line1", "line2", "country", "postcode"):
            setattr(address, name, data[name])
        address.line4, address.state = data["city"], data["province"]
        address.phone_number = data["phone"]
        address.validate_unique()
        return data

    def save(self) -> UserAddress:
        """Save the address and return it. The first one is the default."""
        address = self.address
        if not address.user.addresses.exclude(pk=address.pk).exists():
            address.is_default_for_shipping = True
        address.save()
        return address
