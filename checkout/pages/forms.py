"""The three parts of the checkout as forms."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from accounts.addresses import AddressFieldsMixin
from accounts.agreements.forms import AgreementFields
from accounts.agreements.offers import Offer, offer_for
from checkout.order.errors import EARLY_CHARGE_MISSING
from checkout.shipping.services import Choice
from policies.models import Context


class _ReadOnce(forms.models.ModelChoiceIterator):
    """Choices read from the database once per page, not once per look at them."""

    def __iter__(self) -> Iterator[Any]:
        if not hasattr(self, "_read"):
            self._read = list(super().__iter__())
        return iter(self._read)


class ContactForm(AddressFieldsMixin):
    """Who orders and where it goes."""

    autocomplete_section = "shipping"

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text=_(
            "For the bill, the tracking number and Stripe's fraud check; nothing else, unless you "
            "ask."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Enter your e-mail address: the bill goes there."},
    )
    field_order = (
        "email", "first_name", "last_name", "country", "line1", "line2", "city", "province",
        "postcode", "phone",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.iterator = _ReadOnce
        country.widget.choices = country.choices
        for name in ("province", "postcode"):  # not optional where there are lists of them
            self.fields[name].needed_in_places = True  # type: ignore[attr-defined]

    @property
    def names(self) -> list[Any]:
        """Return the two fields that stand side by side."""
        return [self["first_name"], self["last_name"]]


class BillingForm(AddressFieldsMixin):
    """The card's address, where it is not the one that the order ships to.

    It is never bound: the fields belong to a `<form>` of their own that is not sent, and pay.js
    hands them to Stripe with the card. So the shop does not see them.
    """

    prefix = "billing"
    autocomplete_section = "billing"

    def __init__(self) -> None:
        super().__init__()
        del self.fields["phone"]
        country: Any = self.fields["country"]
        country.queryset = Country.objects.all()  # cards come from where we do not ship, too
        for field in self.fields.values():
            missing = field.error_messages["required"]
            field.widget.attrs |= {"form": "billing-address", "data-missing": missing}
        self.fields["province"].widget.attrs["list"] = "billing-provinces"


_HOW = "Choose how we should send it."
_NOT_HERE = "Choose how we should send it: that way is not offered here."


class DeliveryForm(forms.Form):
    """How the parcel is sent. The services depend on where it goes; where they are None, the
    order itself checks the choice."""

    service = forms.CharField(
        label="How should we send it?",
        max_length=64,
        error_messages={"required": _HOW, "max_length": _NOT_HERE},
    )
    note = forms.CharField(
        label="A note for us",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, services: Sequence[Choice] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.services = services

    def clean_service(self) -> str:
        """Refuse a service that does not go there."""
        code = str(self.cleaned_data["service"])
        if self.services is not None and code not in {each.code for each in self.services}:
            raise forms.ValidationError(_NOT_HERE)
        return code


class EarlyChargeForm(forms.Form):
    """The box beside the words of `Quote.early_charge`. It is never ticked beforehand."""

    early_charge = forms.BooleanField(error_messages={"required": EARLY_CHARGE_MISSING})


class AgreementForm(AgreementFields):
    """The texts that an order needs agreement to, in the versions that the page showed."""

    missing = "Tick the box: an order needs your agreement."

    def offered(self) -> Offer:
        """Return the texts in force that orders need."""
        return offer_for(Context.CHECKOUT)

    @property
    def accepted(self) -> list[tuple[int, str]]:
        """Return each version agreed to, with the words beside the box."""
        return [(version.pk, self.offer.label) for version in self.offer.versions]
