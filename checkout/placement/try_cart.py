"""The admin page “Try a cart”: what can ship where, when and for how much, and why not.

It stores nothing: the query string is the whole input, so that staff can share the URL.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.countries import countries
from checkout.basket.models import Basket
from checkout.basket.sample import sample_basket
from checkout.offers.models import ConditionalOffer
from checkout.placement.sample_cart import SampleCart, read_destination, read_products
from checkout.shipping.models import ShippingMethod
from checkout.shipping.refusals import Refusal
from checkout.shipping.services import AvailableMethod, pickup_method
from microflight.core.forms import LineField

_MAX_LENGTH = 2000  # of the products: web servers reject long URLs
_MAX_LINES = 50
_MAX_DAYS = 2 * 365  # holidays are known three years ahead


class TryCartForm(forms.Form):
    """Where a cart goes, on which day it is ordered, and what is in it."""

    country = forms.ChoiceField(label=_("Ship to"))
    province = LineField(
        label=_("Province or state"),
        max_length=64,
        required=False,
        help_text=_("In Canada and the US. Empty: rules and rates of the whole country."),
    )
    postcode = LineField(label=_("Postal or ZIP code"), max_length=16, required=False)
    on = forms.DateField(
        label=_("Ordered on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    promotion = forms.ModelChoiceField(
        ConditionalOffer.objects.order_by("name"),
        label=_("With the promotion"),
        required=False,
        help_text=_("As if it were active, and its code were entered."),
    )
    products = forms.CharField(
        label=_("Products"),
        max_length=_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 40, "spellcheck": "false"}),
        help_text=_("SKU and quantity, one product per line, such as BT-050=2."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["country"]
        field.choices = [(each.pk, str(each)) for each in countries()]

    def clean_on(self) -> Any:
        """Return the day, today by default."""
        today = timezone.localdate()
        day = self.cleaned_data["on"] or today
        if not today <= day <= today + timedelta(days=_MAX_DAYS):
            raise ValidationError(gettext("Enter today or a day within the next two years."))
        return day

    def clean_products(self) -> Any:
        texts = self.cleaned_data["products"].splitlines()
        if len(texts) > _MAX_LINES:
            text = ngettext(
                "Enter at most %(most)d line.", "Enter at most %(most)d lines.", _MAX_LINES
            )
            raise ValidationError(text % {"most": _MAX_LINES})
        return tuple(read_products(texts))

    def clean(self) -> dict[str, Any]:
        """Add the destination."""
        data = super().clean() or {}
        if not self.errors.keys() & {"country", "province", "postcode"}:
            try:
                names = ("country", "province", "postcode")
                data["destination"] = read_destination(*(data[name] for name in names))
            except ValidationError as error:
                self.add_error(None, error)
        return data

    def cart(self) -> SampleCart:
        data = self.cleaned_data
        return SampleCart(data["products"], data["destination"], data["on"])


def try_cart(request: HttpRequest) -> HttpResponse:
    """Show the answer for the cart of the query string, to staff who may view shipping methods."""
    if not admin.site.get_model_admin(ShippingMethod).has_view_permission(request):
        raise PermissionDenied
    is_asked, today = bool(request.GET), timezone.localdate().isoformat()
    asked = {"on": today, **request.GET.dict()}
    form = TryCartForm(asked if is_asked else None, initial={"country": "CA", "on": today})
    context = {**admin.site.each_context(request), "title": _("Try a cart"), "form": form}
    if is_asked and form.is_valid():
        context |= _result(form)
    return TemplateResponse(request, "admin/shipping/try_cart.html", context)


def _result(form: TryCartForm) -> dict[str, Any]:
    cart, country = form.cart(), cast(Any, form.fields["country"])
    found, pickup = cart.answer, pickup_method()
    services = [*found.services, *([pickup] if pickup else [])]
    return {
        "cart": cart,
        "basket": _priced(cart, form.cleaned_data["promotion"]),
        "country_name": dict(country.choices)[form.cleaned_data["country"]],
        "services": [
            {**_service(cart, each), "landed_cost": estimate}
            for each, estimate in zip(services, cart.landed_costs(services), strict=True)
        ],
        "waiting": [(each, cart.promises(each.service).whole.dates) for each in found.waiting],
        "refused": _refusals(cart, found.refused),
        "closest": found.closest,
    }


def _priced(cart: SampleCart, promotion: ConditionalOffer | None) -> Basket:
    """Return the cart as checkout prices it, with active promotions and one more."""
    items = [(line.stockrecord, line.quantity) for line in cart.lines]
    offers = ConditionalOffer.objects.select_related("condition__range", "benefit__range")
    return sample_basket(items, list(offers.filter(pk=promotion.pk)) if promotion else ())


def _service(cart: SampleCart, service: AvailableMethod) -> dict[str, Any]:
    """Return a service with its arrival dates, and the lines that wait or can’t be ordered."""
    promises = cart.promises(service)
    late = [
        (line.product.get_title(), promise)
        for line, promise in zip(cart.lines, promises.lines, strict=True)
        if str(promise) and line.can_be_ordered
    ]
    arrival = None if service.pickup else promises.whole.dates
    return {"method": service, "arrival": arrival, "late": late}


def _refusals(cart: SampleCart, refused: Iterable[Refusal]) -> list[dict[str, Any]]:
    """Return refused services with the same causes and help together, and the missing facts."""
    groups: dict[Any, list[str]] = {}
    for refusal in refused:
        groups.setdefault((refusal.causes, tuple(refusal.help)), []).append(refusal.name)
    return [
        {
            "names": names,
            "causes": [{"cause": each, "missing": cart.missing_facts(each)} for each in causes],
            "help": helps,
        }
        for (causes, helps), names in groups.items()
    ]
