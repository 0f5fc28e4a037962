"""Refund units of lines and shipping without a return."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.forms import REASON_HELP
from checkout.fulfilment.admin.quantity_forms import line_label
from checkout.fulfilment.refund_actions import refundable_cents
from checkout.order.lines import line_progress
from checkout.order.models import Order
from checkout.order_edits.admin.forms import EditForm, reason_field
from checkout.order_edits.item_refunds import plan_refund, refund_items
from microflight.core.money import format_cents
from microflight.core.numbers import IntegerField


class RefundItemsForm(EditForm):
    """Quantity by line, shipping, and whether the units came back."""

    is_dangerous = True
    permission = "order.refund_order"
    title = _("Refund items")
    button = _("Refund")
    consequence = _(
        "The price that was paid is refunded, with its taxes, to the original payment method. "
        "Units that have not shipped are refunded with “Cancel items”, so that they do not ship."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = self.order.lines.select_related("stockrecord", "kit")
        lines = lines.prefetch_related("attributes__option").order_by("pk")
        self.progress = line_progress(self.order, lines, with_stock=False)
        for each in self.progress:
            self._add_line(each)
        self.fields["shipping"] = forms.BooleanField(
            label=_("Refund what is left of shipping"), required=False
        )
        if any(name.startswith("line_") for name in self.fields):
            self.fields["restock"] = forms.BooleanField(
                label=_("The units came back: put them in stock"), required=False
            )
        self.fields["reason"] = reason_field(REASON_HELP)

    def _add_line(self, each: Any) -> None:
        line = each.line
        if most := each.shipped - line.returned:
            self.fields[f"line_{line.pk}"] = IntegerField(
                label=line_label(line),
                min_value=0,
                max_value=most,
                initial=0,
                help_text=gettext("%(shipped)d of %(quantity)d shipped")
                % {"shipped": each.shipped, "quantity": line.quantity},
            )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether something was captured and not refunded."""
        return refundable_cents(subject) > 0

    def quantities(self) -> dict[int, int]:
        entered = {each.line.pk: f"line_{each.line.pk}" for each in self.progress}
        return {pk: n for pk, name in entered.items() if (n := self.cleaned_data.get(name))}

    def plan(self) -> tuple[str, ...]:
        data = self.cleaned_data
        if not self.quantities() and not data["shipping"]:
            raise ValidationError(gettext("Select at least one item, or shipping."))
        refund = plan_refund(
            self.order,
            self.quantities(),
            shipping=data["shipping"],
            restock=data.get("restock", False),
        )
        return refund.sentences

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        refund = refund_items(
            order=self.order,
            quantities=self.quantities(),
            shipping=data["shipping"],
            restock=data.get("restock", False),
            reason=data["reason"],
            seen=data["seen"],
            by=by,
        )
        return gettext("%(amount)s was refunded.") % {"amount": format_cents(refund.amount_cents)}
