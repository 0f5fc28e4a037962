"""Forms for what changes an order before it has left whole: pieces that will never come, and a
payment that is taken early."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from checkout.fulfilment import capture, partial_cancellation
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.order.lines import standings_of
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState
from microflight.core.money import format_cents

if TYPE_CHECKING:
    from accounts.users.models import User


class CancelPiecesForm(OrderActionForm):
    """Pieces that will never be sent, while the rest of the order goes on."""

    permission = "order.cancel_order"
    title = "Cancel pieces"
    button = "Cancel these pieces"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standings = [
            each for each in standings_of(self.order, with_shelf=False) if each.left > 0
        ]
        for each in self.standings:
            self.fields[f"line_{each.line.pk}"] = forms.IntegerField(
                label=f"{each.line.title} ({each.line.partner_sku})",
                help_text=f"{each.left} of {each.line.quantity} left to ship",
                min_value=0,
                max_value=each.left,
                initial=0,
            )
        self.fields["reason"] = forms.CharField(
            max_length=255, help_text="The customer reads it in the mail."
        )
        self.fields["seen"] = forms.CharField(
            required=False, initial=self._left(), widget=forms.HiddenInput
        )

    def _left(self) -> str:
        """What was left of each line when the page was opened."""
        return " ".join(f"{each.line.pk}:{each.left}" for each in self.standings)

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Placed, and something is left."""
        return subject.status in (OrderState.PLACED, OrderState.PART_SHIPPED)

    @property
    def warning(self) -> str:
        """Say what becomes of stock and money."""
        taken = any(one.state == AttemptState.CAPTURED for one in self.order.attempts.all())
        money = (
            "What they cost is given back to the card."
            if taken
            else "The payment that is taken later is smaller by what they cost."
        )
        return f"The pieces go back on sale. {money} The customer is told. This cannot be undone."

    def clean_seen(self) -> str:
        """Refuse a page from before a parcel, or before a colleague cancelled pieces."""
        seen = self.cleaned_data["seen"]
        if seen and seen != self._left():
            raise ValidationError(partial_cancellation.CHANGED)
        return str(seen)

    def clean(self) -> dict[str, Any]:
        """Refuse a page on which nothing was chosen."""
        data = super().clean() or {}
        if not self.errors and not any(count for _, count in self._quantities()):
            raise ValidationError("No piece was chosen.")
        return data

    def _quantities(self) -> Iterator[tuple[int, int]]:
        for each in self.standings:
            if count := self.cleaned_data.get(f"line_{each.line.pk}"):
                yield each.line.pk, count

    def perform(self, by: "User") -> str:
        """Cancel them."""
        wanted = dict(self._quantities())
        partial_cancellation.cancel_pieces(
            order=self.order, quantities=wanted, reason=self.cleaned_data["reason"], by=by
        )
        count = sum(wanted.values())
        return f"{count} piece{'s are' if count > 1 else ' is'} cancelled."


class TakePaymentForm(OrderActionForm):
    """The payment before anything leaves, where the customer agreed to it."""

    permission = "order.refund_order"
    title = "Take the payment now"
    button = "Take it now"

    reason = forms.CharField(
        max_length=255,
        label="How the customer agreed",
        help_text="Such as: by telephone on November 22. It is kept as a note for staff.",
    )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Placed, with a payment that is only reserved."""
        states = [one.state for one in subject.attempts.all()]
        return subject.status == OrderState.PLACED and AttemptState.AUTHORISED in states

    @property
    def warning(self) -> str:
        """Say what is taken, and what was promised to the customer."""
        due = sum(
            one.due_cents
            for one in self.order.attempts.all()
            if one.state == AttemptState.AUTHORISED
        )
        return (
            f"{format_cents(due)} is captured from the card now. We promise customers that this "
            "happens when their first parcel leaves: capture it earlier only if they agreed."
        )

    def perform(self, by: "User") -> str:
        """Take it."""
        capture.take_payment_early(order=self.order, reason=self.cleaned_data["reason"], by=by)
        return "The payment is taken."
