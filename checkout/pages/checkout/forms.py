"""The forms of the checkout."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from accounts.addresses import AddressFieldsMixin
from accounts.agreements.forms import AcceptanceFields
from accounts.agreements.required_policies import RequiredPolicies, required_policies
from checkout.order.errors import EARLY_CHARGE_MISSING
from checkout.shipping.services import AvailableMethod
from policies.models import Context


class _ReadOnce(forms.models.ModelChoiceIterator):
    """Choices that are read from the database once per page."""

    def __iter__(self) -> Iterator[Any]:
        if not hasattr(self, "_read"):
            self._read = list(super().__iter__())
        return iter(self._read)


CONTACT = (
    "email", "first_name", "last_name", "country", "line1", "line2", "city", "province",
    "postcode", "phone",
)  # fmt: skip


class ContactForm(AddressFieldsMixin):
    """Contact and shipping address."""

    autocomplete_section = "shipping"

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("For your order confirmation, tracking number and Stripe's fraud check only."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter your email address.")},
    )
    field_order = CONTACT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.iterator = _ReadOnce
        country.widget.choices = country.choices
        for name in ("province", "postcode"):  # required in Canada and the US
            self.fields[name].needed_in_places = True  # type: ignore[attr-defined]


class BillingForm(AddressFieldsMixin):
    """The billing address, if it is not the shipping address.

    Never bound: the fields belong to a separate `<form>` that is not submitted. pay.js passes
    them to Stripe with the card, so we never receive them.
    """

    prefix = "billing"
    autocomplete_section = "billing"

    def __init__(self) -> None:
        super().__init__()
        del self.fields["phone"]
        country: Any = self.fields["country"]
        country.queryset = Country.objects.all()  # also those that we do not ship to
        for field in self.fields.values():
            missing = field.error_messages["required"]
            field.widget.attrs |= {"form": "billing-address", "data-missing": missing}
        self.fields["province"].widget.attrs["list"] = "billing-provinces"


_CHOOSE_METHOD = _("Choose a shipping method.")
_METHOD_NOT_AVAILABLE = _("Choose a shipping method that is available for your address.")


class ShippingForm(forms.Form):
    """Shipping method and order note. With `methods` None, `place_order` checks the choice."""

    shipping_method = forms.CharField(
        label=_("Shipping method"),
        max_length=64,
        error_messages={"required": _CHOOSE_METHOD, "max_length": _METHOD_NOT_AVAILABLE},
    )
    note = forms.CharField(
        label=_("Order note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, methods: Sequence[AvailableMethod] | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.methods = methods

    def clean_shipping_method(self) -> str:
        """Reject a shipping method that is not available for the address."""
        code = str(self.cleaned_data["shipping_method"])
        if self.methods is not None and code not in {each.code for each in self.methods}:
            raise forms.ValidationError(_METHOD_NOT_AVAILABLE)
        return code


class EarlyChargeForm(forms.Form):
    """The checkbox for `Quote.early_charge`. It is never ticked in advance."""

    early_charge = forms.BooleanField(error_messages={"required": EARLY_CHARGE_MISSING})


class AgreementForm(AcceptanceFields):
    """Acceptance of the policies that an order requires, in the versions that the page showed."""

    def get_required_policies(self) -> RequiredPolicies:
        """Return the policies in force that orders require."""
        return required_policies(Context.CHECKOUT)

    @property
    def accepted(self) -> list[tuple[int, str]]:
        """Return each accepted version with the label of its checkbox."""
        policies = self.required_policies
        return [(version.pk, policies.label) for version in policies.versions]
