"""Change the shipping address of an order that has not shipped."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressFieldsMixin, address_initial
from accounts.users.models import User
from checkout.order.models import Order
from checkout.order_edits.address import change_address, plan_address
from checkout.order_edits.admin.forms import EditForm, reason_field
from checkout.shipping.models import ShippingMethod


class AddressForm(AddressFieldsMixin, EditForm):
    """The address, checked as at checkout, and the shipping method."""

    permission = "order.take_order"
    title = _("Edit address")
    consequence = _("Rules, shipping price, taxes and delivery date are checked for the address.")

    shipping_method = forms.ChoiceField(label=_("Shipping method"))
    keep_price = forms.BooleanField(label=_("Keep the shipping price"), required=False)

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        initial = {
            **address_initial(subject.shipping_address),
            "shipping_method": subject.shipping_code,
        }
        super().__init__(*args, subject=subject, initial=initial, **kwargs)
        del self.fields["postcode_as_typed"]
        methods = ShippingMethod.objects.filter(active=True, pickup=False)
        field: Any = self.fields["shipping_method"]
        field.choices = list(methods.order_by("position", "code").values_list("code", "name"))
        self.fields["reason"] = reason_field()

    def _advise(self, country: str) -> None:
        """Staff may type any postal code: they confirm the address below."""

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        is_shipped = subject.shipping_address_id is not None and not subject.is_pickup
        return is_shipped and super().is_available(subject)

    def columns(self) -> dict[str, Any]:
        """Return the columns of the address."""
        data = self.cleaned_data
        names = ("first_name", "last_name", "line1", "line2", "postcode")
        return {
            **{name: data[name] for name in names},
            "line4": data["city"],
            "state": data["province"],
            "country_id": data["country"].pk,
            "phone_number": data["phone"],
        }

    def plan(self) -> tuple[str, ...]:
        data = self.cleaned_data
        change = plan_address(
            self.order, self.columns(), data["shipping_method"], keep_price=data["keep_price"]
        )
        return change.sentences

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        change_address(
            order=self.order,
            columns=self.columns(),
            method_code=data["shipping_method"],
            keep_price=data["keep_price"],
            reason=data["reason"],
            seen=data["seen"],
            by=by,
        )
        return gettext("The address was changed. The customer is notified by email.")
