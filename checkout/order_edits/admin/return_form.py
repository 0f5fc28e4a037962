"""Open a return for a customer who called or wrote."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.fulfilment.admin.quantity_forms import line_label
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.returns.models import ReturnReason
from checkout.returns.services import RequestedItem, request_return
from checkout.returns.window import returnable
from microflight.core.forms import LineField
from microflight.core.numbers import IntegerField


class OpenReturnForm(OrderActionForm):
    """Quantity by line, and why they are returned."""

    permission = "returns.answer_return"
    title = _("Open return")
    button = _("Open return")
    consequence = _(
        "This opens a return request, as if the customer had filled in the form: approve it next. "
        "Nothing is refunded, and stock does not change, until the items arrive. The customer is "
        "notified by email."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [each for each in returnable(self.order) if each.quantity]
        for each in self.lines:
            self.fields[f"line_{each.line.pk}"] = IntegerField(
                label=line_label(each.line), min_value=0, max_value=each.quantity, initial=0
            )
        self.fields["why"] = forms.ChoiceField(
            label=_("Why the customer returns it"),
            choices=[each for each in ReturnReason.choices if each[0] != ReturnReason.WITHDRAWAL],
        )
        self.fields["reason"] = LineField(
            label=_("Note"), max_length=255, help_text=_("The customer sees it in the return.")
        )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether something has shipped; the form says what can still be returned."""
        return subject.status in (OrderState.PART_SHIPPED, OrderState.SHIPPED)

    @property
    def warning(self) -> str:
        if not self.lines:
            return gettext("Nothing of this order can be returned any more.")
        return str(self.consequence)

    def items(self) -> list[RequestedItem]:
        entered = {each.line.pk: f"line_{each.line.pk}" for each in self.lines}
        return [
            RequestedItem(pk, quantity, self.cleaned_data["why"])
            for pk, name in entered.items()
            if (quantity := self.cleaned_data.get(name))
        ]

    def clean(self) -> dict[str, Any]:
        """Require at least one item."""
        data = super().clean() or {}
        if not self.errors and not self.items():
            raise ValidationError(gettext("Enter the quantity of each item to return."))
        return data

    def perform(self, by: User) -> str:
        note = self.cleaned_data["reason"]
        made = request_return(
            order=self.order, items=self.items(), note=note, by=by, by_customer=False
        )
        return gettext("Return %(number)s was opened.") % {"number": made.number}
