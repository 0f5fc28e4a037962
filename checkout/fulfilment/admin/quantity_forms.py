"""Actions on some items of an order: create a shipment, cancel items."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment import partial_cancellation, shipments
from checkout.fulfilment.admin.customs_fields import CustomsFields
from checkout.fulfilment.admin.forms import REASON_HELP, OrderActionForm, authorized_cents
from checkout.order.lines import LineProgress, line_progress
from checkout.order.models import Line, Order
from checkout.order.shipping_blocks import is_held, shipping_block
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState
from microflight.core.action_view import seen_field
from microflight.core.forms import LineField, LongNumberField
from microflight.core.money import format_cents
from microflight.core.numbers import IntegerField


class QuantityForm(OrderActionForm):
    """A form with a quantity for each line."""

    progress: list[LineProgress]
    nothing_selected: Any

    def add_quantity_fields(self, *, most: str, initial: Any, help_texts: Iterable[str]) -> None:
        """Add a quantity field for each line, up to the attribute `most` of its progress."""
        for each, help_text in zip(self.progress, help_texts, strict=True):
            if limit := getattr(each, most):
                self.fields[f"line_{each.line.pk}"] = IntegerField(
                    label=line_label(each.line),
                    help_text=help_text,
                    min_value=0,
                    max_value=limit,
                    widget=forms.NumberInput,
                    initial=limit if initial is None else initial,
                )

    def lines(self) -> Any:
        """Return the lines of the order with the options that their labels show."""
        lines = self.order.lines.select_related("stockrecord", "kit")
        return lines.prefetch_related("attributes__option").order_by("pk")

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether the order is placed and not completely shipped."""
        return subject.status in (OrderState.PLACED, OrderState.PART_SHIPPED)

    def clean(self) -> dict[str, Any]:
        """Require at least one item."""
        data = super().clean() or {}
        if not self.errors and not self.quantities():
            raise ValidationError(self.nothing_selected)
        return data

    def quantities(self) -> dict[int, int]:
        pks = [each.line.pk for each in self.progress]
        entered = {pk: self.cleaned_data.get(f"line_{pk}") for pk in pks}
        return {pk: quantity for pk, quantity in entered.items() if quantity}


def line_label(line: Line) -> str:
    """Return title, SKU and options of a line, since these are what is packed."""
    return ", ".join(filter(None, [f"{line.title} ({line.partner_sku})", line.options]))


def _left_to_ship(each: LineProgress) -> str:
    facts = {"remaining": each.remaining, "quantity": each.line.quantity}
    return gettext("%(remaining)d of %(quantity)d left to ship") % facts


class CreateShipmentForm(CustomsFields, QuantityForm):
    """Create a shipment: quantities, carrier, tracking number."""

    permission = "order.ship_order"
    title = _("Create shipment")
    button = _("Create shipment")
    nothing_selected = _("Select at least one item to ship.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.block = shipping_block(self.order)
        rows = [] if self.block else self.all_progress()
        progress = [each for each in rows if not is_held(self.order, each.line)]
        shipped = [each for each in progress if each.line.requires_shipping and each.remaining]
        self.progress = shipped or progress  # the rest is delivered by the capture
        help_texts = [self._help_text(each) for each in self.progress]
        self.add_quantity_fields(most="ready", initial=None, help_texts=help_texts)
        self.fields["carrier"] = LineField(label=_("Carrier"), max_length=64, initial="Canada Post")
        self.fields["tracking_number"] = LongNumberField(
            label=_("Tracking number"), max_length=64, required=False
        )
        self.add_customs_fields()

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        return super().is_available(subject) and not shipping_block(subject)

    def all_progress(self) -> list[LineProgress]:
        """Return the progress of each line of the order."""
        return line_progress(self.order, self.lines())

    def _help_text(self, each: LineProgress) -> str:
        text = _left_to_ship(each)
        if each.backordered:
            text += "; " + gettext("%(quantity)d on backorder") % {"quantity": each.backordered}
        return text

    def notes(self) -> list[str]:
        """Return why it cannot ship, or what is on backorder and what is captured."""
        if self.block:
            return [self.block]
        texts, late = [], [each for each in self.progress if each.backordered]
        if late:
            items = ", ".join(f"{each.backordered} × {each.line.title}" for each in late)
            texts.append(gettext("On backorder: %(items)s.") % {"items": items})
        if due := authorized_cents(self.order):
            text = gettext("The payment of %(amount)s is captured now.")
            texts.append(text % {"amount": format_cents(due)})
        return texts

    @property
    def warning(self) -> str:
        """Return the notes, what happens otherwise, and how an order is split."""
        texts = self.notes()
        if authorized_cents(self.order) is None:
            texts.append(gettext("The payment was captured before."))
        texts.append(gettext("The customer is notified by email."))
        texts.append(gettext("To split the order, ship fewer units now, and the rest later."))
        return " ".join(texts)

    def perform(self, by: User) -> str:
        shipment = shipments.create_shipment(
            order=self.order,
            quantities=self.quantities(),
            carrier=self.cleaned_data["carrier"],
            tracking_number=self.cleaned_data["tracking_number"],
            by=by,
            customs_entry=self.customs_entry(),
        )
        return gettext("Shipped with %(carrier)s.") % {"carrier": shipment.carrier}


class CancelItemsForm(QuantityForm):
    """Cancel some items, while the rest of the order goes on."""

    is_dangerous = True
    permission = "order.cancel_order"
    title = _("Cancel items")
    button = _("Cancel items")
    nothing_selected = _("Select at least one item to cancel.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.progress = line_progress(self.order, self.lines(), with_stock=False)
        help_texts = [_left_to_ship(each) for each in self.progress]
        self.add_quantity_fields(most="remaining", initial=0, help_texts=help_texts)
        self.fields["reason"] = LineField(label=_("Reason"), max_length=255, help_text=REASON_HELP)
        self.fields["seen"] = seen_field(self._remaining(), forms.CharField)

    def _remaining(self) -> str:
        """Return what is left of each line, to notice changes since the page was opened."""
        rows = [each for each in self.progress if each.remaining]
        return " ".join(f"{each.line.pk}:{each.remaining}" for each in rows)

    @property
    def warning(self) -> str:
        """Return what happens to stock and payment."""
        captured = any(one.state == AttemptState.CAPTURED for one in self.order.attempts.all())
        if captured:
            return gettext(
                "The items go back on sale, and their price is refunded. The customer is notified "
                "by email. This cannot be undone."
            )
        return gettext(
            "The items go back on sale, and their price is not captured later. The customer is "
            "notified by email. This cannot be undone."
        )

    def clean_seen(self) -> str:
        """Reject a page that was opened before another shipment or cancellation."""
        seen = self.cleaned_data["seen"]
        if seen != self._remaining():
            raise ValidationError(partial_cancellation.CHANGED)
        return str(seen)

    def perform(self, by: User) -> str:
        quantities = self.quantities()
        partial_cancellation.cancel_items(
            order=self.order, quantities=quantities, reason=self.cleaned_data["reason"], by=by
        )
        count = sum(quantities.values())
        message = ngettext(
            "%(count)d item was cancelled.", "%(count)d items were cancelled.", count
        )
        return message % {"count": count}
