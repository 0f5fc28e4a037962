"""The checkout page: its forms, its price, and what the templates need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError

from accounts.addresses import answers_of, clean_province
from accounts.newsletter.subscribers.forms import CheckoutNewsletterForm
from checkout.basket.models import Basket
from checkout.order.models import Order
from checkout.pages import session
from checkout.pages.cart_middleware import cookie_value
from checkout.pages.forms import (
    AgreementForm,
    BillingForm,
    ContactForm,
    DeliveryForm,
    EarlyChargeForm,
)
from checkout.payment.card_field import card_field
from checkout.placement import changes
from checkout.placement.quote import Quote, make_quote
from microflight.core.forms import mark_first_error
from microflight.core.money import to_cents

HOME_COUNTRY = "CA"
PARTS = ("contact", "delivery", "agreement", "early_charge")
#: Answers by which the card's bank knows the payer.
PAYER = (
    "email", "first_name", "last_name", "line1", "line2", "city", "province", "postcode", "country",
)  # fmt: skip


def destination(answers: Any) -> tuple[str, str]:
    """Return country (ISO2) and province code as far as they are known and make sense."""
    country = (answers.get("country") or "").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        country = HOME_COUNTRY
    try:
        return country, clean_province(country, answers.get("province") or "")
    except ValidationError:
        return country, ""


def price(basket: Basket, answers: Any) -> Quote:
    """Return what the order costs by these answers, by the first service where none is chosen."""
    country, province = destination(answers)
    return make_quote(
        basket,
        country=country,
        province=province,
        service_code=answers.get("service"),
        or_first_service=True,
    )


@dataclass
class Page:
    """One look at the checkout. `answers` is what was typed or kept; `bound` says which parts
    are checked and show what is wrong. Without a `quote` it can be checked, but not shown."""

    basket: Basket
    answers: Any
    quote: Quote | None
    bound: frozenset[str] = frozenset()
    initial: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.contact = ContactForm(
            self.answers if "contact" in self.bound else None, initial=self._initial()
        )
        self.delivery = DeliveryForm(
            self.answers if "delivery" in self.bound else None,
            initial=self._initial(),
            services=self.quote.services if self.quote else None,
        )

    @cached_property
    def agreement(self) -> AgreementForm:
        """Return the part with the policies; they are only read where it is shown or checked."""
        answers = self.answers if "agreement" in self.bound else None
        return AgreementForm(answers)

    @cached_property
    def early_charge(self) -> EarlyChargeForm:
        """Return the box for being charged at once; the quote says whether it is needed."""
        return EarlyChargeForm(self.answers if "early_charge" in self.bound else None)

    @property
    def newsletter(self) -> CheckoutNewsletterForm:
        """Return the newsletter checkbox: empty until it is ticked on this page."""
        return CheckoutNewsletterForm(self.answers if "agreement" in self.bound else None)

    def _initial(self) -> dict[str, str]:
        given = {name: value for name, value in self.answers.items() if value}
        return {"country": HOME_COUNTRY, **self.initial, **given}

    @property
    def checked(self) -> list[Any]:
        """Return the forms of the bound parts, in their order."""
        return [getattr(self, name) for name in PARTS if name in self.bound]

    def is_valid(self) -> bool:
        """Check the bound parts, and mark where the cursor goes."""
        verdicts = [form.is_valid() for form in self.checked]  # each part, also after a bad one
        mark_first_error(*self.checked)
        return all(verdicts)

    @property
    def errors(self) -> dict[str, list[str]]:
        """Return what is wrong, by field name, in the page's order."""
        return {
            name: [str(each) for each in form.errors[name]]
            for form in self.checked
            for name in form.fields
            if name in form.errors
        }

    def context(self, **more: Any) -> dict[str, Any]:
        """Return what the templates show."""
        assert self.quote is not None  # noqa: S101 (a page without a price is not shown)
        return {
            "page": self,
            "basket": self.basket,
            "quote": self.quote,
            "contact": self.contact,
            "delivery": self.delivery,
            "billing": BillingForm(),
            "cents": to_cents(self.quote.total),
            "cart_token": cookie_value(self.basket.pk),
            "seen": changes.seen(self.quote),
            **card_field(),
            **more,
        }


def kept_page(request: Any, basket: Basket) -> Page:
    """Return the page with what this visitor filled in before, or their account knows."""
    answers = session.kept(request)
    initial = _known(request) if not answers.get("email") else {}
    return Page(basket, answers, price(basket, {**initial, **answers}), initial=initial)


def _known(request: Any) -> dict[str, str]:
    """Return what the account says: name and, from the address book, where parcels go."""
    user = request.user
    if not user.is_authenticated:
        return {}
    known = {"email": user.email, "first_name": user.first_name, "last_name": user.last_name}
    return known | answers_of(_chosen_address(request))


def payer_of(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return what pay.js hands to Stripe from pages that do not ask for it again."""
    return {name: str(answers.get(name) or "") for name in PAYER}


def order_answers(order: Order) -> dict[str, str]:
    """Return what was filled in for an order as answers to the forms' fields."""
    address = order.shipping_address
    note = address.notes if address else ""
    given = {"email": order.guest_email, "service": order.shipping_code, "note": note}
    return given | answers_of(address)


def _chosen_address(request: Any) -> Any:
    book = request.user.addresses
    wanted = request.GET.get("address", "")
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19:
        return book.filter(pk=wanted).first()
    return book.order_by("-is_default_for_shipping", "-num_orders_as_shipping_address").first()
