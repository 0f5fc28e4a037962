"""The checkout's forms, and `CheckoutPage`, which combines them with a quote."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressFieldsMixin, address_initial
from accounts.agreements.forms import AcceptanceFields
from accounts.agreements.required_policies import RequiredPolicies, required_policies
from accounts.countries import countries
from accounts.newsletter.subscribers.forms import CheckoutNewsletterForm
from accounts.postcodes import clean_postcode
from accounts.provinces import clean_province, normalize_place, provinces
from checkout.basket.models import Basket
from checkout.basket.services import price_for_email
from checkout.order.errors import EARLY_CHARGE_MISSING
from checkout.order.models import Order
from checkout.pages.basket_middleware import cookie_value
from checkout.pages.checkout.answers import picks_up, stored_answers
from checkout.payment.card_field import card_field
from checkout.placement.quote import Quote, make_quote
from checkout.shipping.services import AvailableMethod, pickup_method
from microflight.core.forms import EmailField, mark_first_error
from microflight.core.security_headers import allow_stripe
from policies.models import Context

HOME_COUNTRY = "CA"
WITH_CARD_FIELD = ("index", "payment")  # templates
FORMS = ("contact", "shipping", "acceptance", "early_charge")
CONTACT = (
    "email", "country", "first_name", "last_name", "line1", "line2", "city", "province",
    "postcode", "postcode_as_typed", "phone",
)  # fmt: skip
#: Text that is stored on an order.
DETAILS = tuple(name for name in CONTACT if name not in ("country", "postcode_as_typed"))
SHIPPING = ("shipping_method", "note", "pickup")
#: Answers that pay.js passes to Stripe with the card.
BILLING_DETAILS = tuple(name for name in CONTACT if name not in ("postcode_as_typed", "phone"))


class _ReadOnce(forms.models.ModelChoiceIterator):
    """Choices that are read from the database once per page."""

    def __iter__(self) -> Iterator[Any]:
        if not hasattr(self, "_read"):
            self._read = list(super().__iter__())
        return iter(self._read)


#: Fields of the contact form that only a shipment needs.
_OF_SHIPMENT = ("line1", "line2", "city", "postcode", "postcode_as_typed", "phone")


class ContactForm(AddressFieldsMixin):
    """Contact and shipping address; if nothing is shipped, the place that decides on taxes."""

    autocomplete_section = "shipping"

    email = EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("For your order confirmation, tracking number and Stripe's fraud check only."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter your email address.")},
    )
    field_order = CONTACT

    def __init__(self, *args: Any, is_shipped: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_shipped = is_shipped
        country: Any = self.fields["country"]
        country.iterator = _ReadOnce
        country.widget.choices = country.choices
        if not is_shipped:
            country.error_messages["required"] = _("Choose your country.")
            for name in _OF_SHIPMENT:
                del self.fields[name]
        for name in ("province", "postcode"):  # required in Canada and the US
            if name in self.fields:
                self.fields[name].label_suffix = ""


class BillingForm(AddressFieldsMixin):
    """The billing address, if it is not the shipping address.

    Never bound: the fields belong to a separate `<form>` that is not submitted. pay.js passes
    them to Stripe with the card, so we never receive them.
    """

    prefix = "billing"
    autocomplete_section = "billing"

    def __init__(self) -> None:
        super().__init__()
        del self.fields["phone"], self.fields["postcode_as_typed"]
        country: Any = self.fields["country"]
        country.iterator = _ReadOnce
        country.queryset = countries()  # also those that we do not ship to
        for each in self.fields.values():
            missing = each.error_messages["required"]
            each.widget.attrs |= {"form": "billing-address", "data-missing": missing}


CHOOSE_METHOD = _("Choose a shipping method.")
_METHOD_NOT_AVAILABLE = _("Choose a shipping method that is available for your address.")


class ShippingForm(forms.Form):
    """Shipping method and order note. With `methods` None, `place_order` checks the choice.

    If nothing is shipped, it has no fields.
    """

    shipping_method = forms.CharField(
        label=_("Shipping method"),
        max_length=64,
        error_messages={"required": CHOOSE_METHOD, "max_length": _METHOD_NOT_AVAILABLE},
    )
    note = forms.CharField(
        label=_("Order note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        methods: Sequence[AvailableMethod] | None,
        is_shipped: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.methods = methods
        if not is_shipped:
            self.fields.clear()

    def clean_shipping_method(self) -> str:
        """Reject a shipping method that is not available for the address."""
        code = str(self.cleaned_data["shipping_method"])
        if self.methods is not None and code not in {each.code for each in self.methods}:
            raise forms.ValidationError(_METHOD_NOT_AVAILABLE)
        return code


class EarlyChargeForm(forms.Form):
    """The checkbox for `Quote.early_charge`. It is never ticked in advance."""

    early_charge = forms.BooleanField(error_messages={"required": EARLY_CHARGE_MISSING})


class AcceptanceForm(AcceptanceFields):
    """Acceptance of the policies that an order requires, in the versions that the page showed."""

    def get_required_policies(self) -> RequiredPolicies:
        """Return the policies in force that orders require."""
        return required_policies(Context.CHECKOUT)

    @property
    def accepted(self) -> list[tuple[int, str]]:
        """Return each accepted version with the label of its checkbox."""
        policies = self.required_policies
        return [(version.pk, policies.label) for version in policies.versions]


# --- The page ------------------------------------------------------------------------------------


def _destination(answers: Any) -> tuple[str, str]:
    """Return the country (ISO2) and province code; Canada and "" until they are valid."""
    country = (answers.get("country") or "").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        country = HOME_COUNTRY
    try:
        return normalize_place(country, clean_province(country, answers.get("province") or ""))
    except ValidationError:
        return normalize_place(country, "")


def has_destination(answers: Any) -> bool:
    """Return whether the answers are enough to offer shipping methods.

    In Canada and the US that takes a postal code; elsewhere the country decides. An order that is
    picked up needs none.
    """
    if picks_up(answers):
        return True
    country, province = _destination(answers)
    if not provinces(country):
        return True
    try:
        clean_postcode(country, province, answers.get("postcode") or "")
    except ValidationError:
        return False
    return True


def quote_for(basket: Basket, answers: Any) -> Quote:
    """Return the quote for these answers, with the first shipping method if none is chosen.

    It has no shipping charge until there is a destination.
    """
    price_for_email(basket, answers.get("email") or "")
    country, province = _destination(answers)
    known = has_destination(answers)
    return make_quote(
        basket,
        country=country,
        province=province,
        postcode=answers.get("postcode") or "",
        shipping_code=answers.get("shipping_method") if known else None,
        default_to_first=known,
    )


@dataclass
class CheckoutPage:
    """The checkout page of one request.

    `answers` come from the form or the session; the forms in `bound` are validated. Without a
    `quote` the page can be validated but not rendered.
    """

    basket: Basket
    answers: Any
    quote: Quote | None
    bound: frozenset[str] = frozenset()
    initial: dict[str, str] = field(default_factory=dict)
    is_shipped: bool | None = None  # None: look into the cart

    def __post_init__(self) -> None:
        if self.is_shipped is None:
            self.is_shipped = self.basket.is_shipping_required()
        self.pickup = picks_up(self.answers)
        self.may_pick_up, self.is_shipped = self.is_shipped, self.is_shipped and not self.pickup
        self.contact = ContactForm(
            self.answers if "contact" in self.bound else None,
            initial=self._initial(),
            is_shipped=bool(self.is_shipped),
        )
        self.shipping = ShippingForm(
            self.answers if "shipping" in self.bound else None,
            initial=self._initial(),
            methods=self.quote.shipping.methods if self.quote else None,
            is_shipped=bool(self.is_shipped),
        )

    @cached_property
    def acceptance(self) -> AcceptanceForm:
        """Return the policy form; it is built on first use, because it reads the policies."""
        answers = self.answers if "acceptance" in self.bound else None
        return AcceptanceForm(answers)

    @cached_property
    def early_charge(self) -> EarlyChargeForm:
        """Return the early charge form; the quote says if it is needed."""
        return EarlyChargeForm(self.answers if "early_charge" in self.bound else None)

    @property
    def newsletter(self) -> CheckoutNewsletterForm:
        """Return the newsletter checkbox, unticked at first."""
        return CheckoutNewsletterForm(self.answers if "acceptance" in self.bound else None)

    @cached_property
    def pickup_method(self) -> AvailableMethod | None:
        """Return how an order with something to ship can be picked up."""
        return pickup_method() if self.may_pick_up else None

    @property
    def shipping_code(self) -> str:
        """Return the code of the chosen method. A page for pickup has no field for it."""
        if self.pickup:
            return str(self.answers.get("shipping_method") or "")
        return self.shipping.cleaned_data.get("shipping_method", "")

    def _initial(self) -> dict[str, str]:
        answers = {name: value for name, value in self.answers.items() if value}
        return {"country": HOME_COUNTRY, **self.initial, **answers}

    @property
    def has_destination(self) -> bool:
        """Return whether the page offers shipping methods."""
        return has_destination(self._initial())

    @property
    def bound_forms(self) -> list[Any]:
        return [getattr(self, name) for name in FORMS if name in self.bound]

    def is_valid(self) -> bool:
        """Validate the bound forms, and focus the first error."""
        results = [form.is_valid() for form in self.bound_forms]  # all of them, to show every error
        mark_first_error(*self.bound_forms)
        return all(results)

    @property
    def errors(self) -> dict[str, list[str]]:
        """Return the errors by field name, in page order."""
        return {
            name: [str(each) for each in form.errors[name]]
            for form in self.bound_forms
            for name in form.fields
            if name in form.errors
        }

    def context(self, **more: Any) -> dict[str, Any]:
        assert self.quote is not None  # noqa: S101 (never rendered without a quote)
        return {
            "page": self,
            "basket": self.basket,
            "quote": self.quote,
            "contact": self.contact,
            "shipping": self.shipping,
            "billing": BillingForm(),
            "is_shipped": self.is_shipped,
            "cart_token": cookie_value(self.basket.pk),
            **card_field(),
            **more,
        }

    def render(self, request: Any, template: str, status: int = 200, **more: Any) -> HttpResponse:
        """Return the page rendered with a template of `checkout/`."""
        addresses = list(request.user.addresses.all()) if request.user.is_authenticated else []
        context = self.context(addresses=addresses, errors=self.errors, **more)
        response = render(request, f"checkout/{template}.html", context, status=status)
        return allow_stripe(response) if template in WITH_CARD_FIELD else response


def stored_page(request: Any, basket: Basket) -> CheckoutPage:
    """Return the page with this visitor's stored answers, or their account's address."""
    answers = stored_answers(request)
    if "address" in request.GET and request.user.is_authenticated:
        answers |= address_initial(_selected_address(request))
    initial = _account_answers(request) if not answers.get("email") else {}
    return CheckoutPage(basket, answers, quote_for(basket, {**initial, **answers}), initial=initial)


def _account_answers(request: Any) -> dict[str, str]:
    """Return the account's name and default address as answers."""
    user = request.user
    if not user.is_authenticated:
        return {}
    answers = {"email": user.email, "first_name": user.first_name, "last_name": user.last_name}
    return answers | address_initial(_selected_address(request))


def billing_details(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the billing details for pages without the contact form."""
    return {name: str(answers.get(name) or "") for name in BILLING_DETAILS}


def order_answers(order: Order) -> dict[str, str]:
    """Return an order's details as answers to the checkout forms."""
    address = order.customer_address
    note = order.shipping_address.notes if order.shipping_address else ""
    answers = {"email": order.guest_email, "shipping_method": order.shipping_code, "note": note}
    return answers | address_initial(address)


def _selected_address(request: Any) -> Any:
    addresses = request.user.addresses
    pk = request.GET.get("address", "")
    if pk.isascii() and pk.isdecimal() and len(pk) < 19:
        return addresses.filter(pk=pk).first()
    return addresses.order_by("-is_default_for_shipping", "-num_orders_as_shipping_address").first()
