"""Actions on an order: one small form each, ending in one call of a service."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from checkout.fulfilment import refund_actions, services, shipments
from checkout.order.lines import Standing, standings_of
from checkout.order.models import Order
from checkout.order.states import MOVES, OrderState
from microflight.core.action_view import ActionForm
from microflight.core.money import format_cents

if TYPE_CHECKING:
    from accounts.users.models import User


class OrderActionForm(ActionForm):
    """An action on an order."""

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.order = subject

    @property
    def subject_name(self) -> str:
        """Return what staff call the order."""
        return gettext("Order %(number)s") % {"number": self.order.number}


class ShipForm(OrderActionForm):
    """A parcel: how many pieces of which line, with whom, under which number."""

    permission = "order.ship_order"
    title = "Ship a parcel"
    button = "Ship this parcel"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standings = standings_of(self.order)
        for standing in self.standings:
            if standing.ready:
                self._offer(standing)
        self.fields["carrier"] = forms.CharField(max_length=64, initial="Canada Post")
        self.fields["tracking_number"] = forms.CharField(max_length=64, required=False)

    def _offer(self, standing: Standing) -> None:
        """Ask how many pieces of a line leave: those on the shelf that no older order waits for."""
        line = standing.line
        told = f"{standing.left} of {line.quantity} left to ship"
        if standing.waiting:
            told += f"; {standing.waiting} not on the shelf for this order yet"
        self.fields[f"line_{line.pk}"] = forms.IntegerField(
            label=f"{line.title} ({line.partner_sku})",
            help_text=told,
            min_value=0,
            max_value=standing.ready,
            initial=standing.ready,
        )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Placed, and something is left."""
        return subject.status in (OrderState.PLACED, OrderState.PART_SHIPPED)

    @property
    def warning(self) -> str:
        """Say what cannot leave yet, and what the first parcel does to the money."""
        return " ".join(filter(None, [self._waiting(), self._money()]))

    def _waiting(self) -> str:
        """Name what waits for stock; a delivery serves older orders first."""
        waiting = [f"{each.waiting} × {each.line.title}" for each in self.standings if each.waiting]
        return f"Waits for stock: {', '.join(waiting)}." if waiting else ""

    def _money(self) -> str:
        waiting = [one.due_cents for one in self.order.attempts.all() if one.state == "authorised"]
        if waiting:
            due = format_cents(sum(waiting))
            return f"The payment of {due} is captured now, and the customer is emailed."
        return "The payment was taken before. The customer is told."

    def clean(self) -> dict[str, Any]:
        """Refuse an empty parcel."""
        data = super().clean() or {}
        if not self.errors and not any(quantity for _, quantity in self._quantities()):
            raise ValidationError("Nothing is in this parcel.")
        return data

    def _quantities(self) -> Iterator[tuple[int, int]]:
        for standing in self.standings:
            if quantity := self.cleaned_data.get(f"line_{standing.line.pk}"):
                yield standing.line.pk, quantity

    def perform(self, by: "User") -> str:
        """Ship, which takes the payment."""
        parcel = shipments.ship_parcel(
            order=self.order,
            quantities=dict(self._quantities()),
            carrier=self.cleaned_data["carrier"],
            tracking_number=self.cleaned_data["tracking_number"],
            by=by,
        )
        return f"The parcel is on its way with {parcel.carrier}."


class CancelForm(OrderActionForm):
    """The end of an order."""

    permission = "order.cancel_order"
    title = "Cancel the order"
    button = "Cancel this order"

    reason = forms.CharField(max_length=255, help_text="The customer reads it in the mail.")

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """As the table of moves has it; of a part-shipped order the rest is given up."""
        return (
            subject.status == OrderState.PART_SHIPPED
            or OrderState.CANCELLED in MOVES[subject.status]
        )

    @property
    def warning(self) -> str:
        """Say what becomes of stock and money."""
        return (
            "What has not shipped goes back on sale. A payment that is only reserved is released; "
            "what was taken for pieces that have not shipped is given back. The customer is told. "
            "This cannot be undone."
        )

    def perform(self, by: "User") -> str:
        """Cancel."""
        services.cancel_order(order=self.order, reason=self.cleaned_data["reason"], by=by)
        return "The order is cancelled."


class RefundForm(OrderActionForm):
    """Money back, all of it or a part."""

    permission = "order.refund_order"
    title = "Give money back"
    button = "Give this amount back"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = refundable_cents(self.order)
        dollars = Decimal(self.left) / 100
        self.fields["amount"] = forms.DecimalField(
            label="Amount (CAD)",
            min_value=Decimal("0.01"),
            max_value=dollars,
            max_digits=9,
            decimal_places=2,
            initial=dollars,
            help_text=f"At most {format_cents(self.left)}: what was taken and not given back.",
        )
        self.fields["reason"] = forms.CharField(
            max_length=255, help_text="Kept in the books; the customer reads it in the mail."
        )
        self.fields["seen"] = forms.IntegerField(
            required=False, initial=self.left, widget=forms.HiddenInput
        )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Something was taken and not given back."""
        return refundable_cents(subject) > 0

    @property
    def warning(self) -> str:
        """Say where the money goes."""
        return "It goes back to the card that paid. The customer is told. This cannot be undone."

    def perform(self, by: "User") -> str:
        """Refund."""
        data = self.cleaned_data
        cents = int(data["amount"] * 100)
        refund_actions.refund_order(
            order=self.order, cents=cents, reason=data["reason"], by=by, left_seen=data["seen"]
        )
        return f"{format_cents(cents)} goes back to the customer."


class NoteForm(OrderActionForm):
    """A remark for colleagues."""

    permission = "order.add_ordernote"
    title = "Write a note"
    button = "Keep this note"

    message = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), help_text="Only staff can read it."
    )

    def perform(self, by: "User") -> str:
        """Keep it."""
        services.add_note(order=self.order, message=self.cleaned_data["message"], by=by)
        return "The note is kept."


def refundable_cents(order: Order) -> int:
    """Return what was taken from the customer and not given back, in cents."""
    return sum(one.captured_cents - one.refunded_cents for one in order.attempts.all())
