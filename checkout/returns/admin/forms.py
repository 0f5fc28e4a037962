"""Actions on a return: one small form each, ending in one call of a service."""

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from checkout.fulfilment.admin.forms import refundable_cents
from checkout.refunds.allocation import Shares
from checkout.refunds.formatting import sums_in_words
from checkout.returns import services
from checkout.returns.models import Return, ReturnReason
from checkout.returns.states import RETURN, ReturnState
from microflight.core.action_view import ActionForm
from microflight.core.money import format_cents, from_cents

if TYPE_CHECKING:
    from accounts.users.models import User

_READ = "The customer reads it in the mail and on the page of the return."
_AMOUNT = re.compile(r"(?P<number>\d{1,6}(\.\d{1,2})?)\s*(?P<percent>%?)")
#: Goods that come back for these are rarely fit for sale.
_BROKEN = (ReturnReason.FAULTY, ReturnReason.DAMAGED)


class ReturnActionForm(ActionForm):
    """An action on a return; `leads_to` is its state afterwards."""

    leads_to: ClassVar[str]

    def __init__(self, *args: Any, subject: Return, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.ret, self.order = subject, subject.order

    @property
    def subject_name(self) -> str:
        """Return what staff call the return."""
        return gettext("Return %(number)s") % {"number": self.ret.number}

    @classmethod
    def is_available(cls, subject: Return) -> bool:
        """Tell whether the state machine allows it."""
        return RETURN.allows(subject.state, cls.leads_to)


class ApproveForm(ReturnActionForm):
    """Yes: the pieces may come."""

    permission = "returns.answer_return"
    title = "Approve"
    button = "Approve this return"
    leads_to = ReturnState.APPROVED

    why = forms.CharField(
        label="Message",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=f"Optional. {_READ} Address and number of the return are in the mail anyway.",
    )

    @property
    def warning(self) -> str:
        """Say what the customer hears."""
        return "The customer is told where to send the pieces."

    def perform(self, by: "User") -> str:
        """Approve."""
        services.approve(ret=self.ret, why=self.cleaned_data["why"], by=by)
        return f"Return {self.ret.number} is approved."


class RefuseForm(ReturnActionForm):
    """No, with the reason."""

    permission = "returns.answer_return"
    title = "Refuse"
    button = "Refuse this return"
    leads_to = ReturnState.REFUSED

    why = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}), help_text=_READ)

    def perform(self, by: "User") -> str:
        """Refuse."""
        services.refuse(ret=self.ret, why=self.cleaned_data["why"], by=by)
        return f"Return {self.ret.number} is refused."


class CloseForm(ReturnActionForm):
    """The end without a refund."""

    permission = "returns.answer_return"
    title = "Close without a refund"
    button = "Close this return"
    leads_to = ReturnState.CLOSED

    why = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}), help_text=_READ)

    @property
    def warning(self) -> str:
        """Say what does not happen."""
        return "No money goes back. This cannot be undone."

    def perform(self, by: "User") -> str:
        """Close."""
        services.close(ret=self.ret, why=self.cleaned_data["why"], by=by)
        return f"Return {self.ret.number} is closed."


class ReceiveForm(ReturnActionForm):
    """What came, and where each piece goes."""

    permission = "returns.receive_return"
    title = "Mark as received"
    button = "This is what came"
    leads_to = ReturnState.RECEIVED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(self.ret.lines.select_related("line"))
        for each in self.lines:
            broken = each.reason in _BROKEN
            name = f"{each.line.title} ({each.line.partner_sku})"
            said = f"{each.quantity} announced. “{each.get_reason_display()}”."
            self.fields[f"restocked_{each.pk}"] = _pieces(
                f"{name}: back on the shelf", 0 if broken else each.quantity, each.quantity, said
            )
            self.fields[f"scrapped_{each.pk}"] = _pieces(
                f"{name}: not fit for sale", each.quantity if broken else 0, each.quantity, ""
            )
        self.fields["why"] = forms.CharField(
            label="Remark",
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=f"Optional. {_READ}",
        )

    @property
    def warning(self) -> str:
        """Say what moves."""
        return (
            "Pieces back on the shelf are for sale at once; those not fit for sale never get "
            "there. What did not come can be returned later. The customer is told."
        )

    def pieces(self) -> dict[int, tuple[int, int]]:
        """Return what came: {line of the return: (restocked, scrapped)}."""
        data = self.cleaned_data
        return {
            each.pk: (data[f"restocked_{each.pk}"] or 0, data[f"scrapped_{each.pk}"] or 0)
            for each in self.lines
        }

    def perform(self, by: "User") -> str:
        """Receive."""
        services.receive(ret=self.ret, pieces=self.pieces(), why=self.cleaned_data["why"], by=by)
        return f"Return {self.ret.number} has come."


def _pieces(label: str, initial: int, most: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, initial=initial,
        help_text=help_text,
    )  # fmt: skip


class RefundForm(ReturnActionForm):
    """What a received return is worth, less a fee, with or without delivery, or another amount."""

    permission = "order.refund_order"
    title = "Give money back"
    button = "Give this amount back"
    leads_to = ReturnState.REFUNDED

    delivery = forms.BooleanField(
        label="Pay delivery back too",
        required=False,
        help_text="All of it that was not paid back, with its tax.",
    )
    fee = forms.CharField(
        label="Restocking fee",
        required=False,
        max_length=10,
        help_text=(
            "Such as 15% or 4.50 before tax. Only for what came back for a change of mind; the tax "
            "on it is kept with it."
        ),
    )
    reason = forms.CharField(
        max_length=255, help_text=f"Kept in the books. {_READ} Name the fee if there is one."
    )
    amount = forms.DecimalField(label="Amount (CAD)", max_digits=9, decimal_places=2)
    #: The choices that the amount was worked out from, and the money at that moment.
    worked_out = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = refundable_cents(self.order)
        default = services.default_fee()
        self.fields["fee"].initial = default
        self.fields["reason"].initial = f"Return {self.ret.number}"
        self.fields["amount"].initial = from_cents(self._sum(False, default))
        self.fields["worked_out"].initial = self._choices(False, default)
        self.fields["amount"].help_text = f"At most {format_cents(self.left)} can be refunded."
        self.worked_out_as = self._in_words(False, default)

    @classmethod
    def is_available(cls, subject: Return) -> bool:
        """It has come, and money is left of what was taken."""
        return super().is_available(subject) and refundable_cents(subject.order) > 0

    def _shares(self, delivery: bool, fee: str) -> Shares:
        cents, percent = read_fee(fee)
        return services.proposal(self.ret, fee_cents=cents, fee_percent=percent, delivery=delivery)

    def _sum(self, delivery: bool, fee: str) -> int:
        return min(self.left, sum(self._shares(delivery, fee).values()))

    def _choices(self, delivery: bool, fee: str) -> str:
        return json.dumps([delivery, fee.strip(), self.left])

    def _in_words(self, delivery: bool, fee: str) -> str:
        """What the amount consists of: "$22.19 (goods $19.99, GST $1.00, PST $1.20)"."""
        shares = self._shares(delivery, fee)
        words = sums_in_words(shares)
        return f"{format_cents(sum(shares.values()))} ({words})" if words else format_cents(0)

    def clean_fee(self) -> str:
        """Refuse what is neither an amount nor per cent, and more than it can be taken from."""
        fee = str(self.cleaned_data["fee"])
        cents, _ = read_fee(fee)
        if cents > (most := services.most_fee(self.ret)):
            raise ValidationError(
                f"The fee is at most {format_cents(most)}: the price before tax of the items "
                "returned for a change of mind."
            )
        return fee

    def clean_amount(self) -> Decimal:
        """Refuse nothing, and more than was taken."""
        amount = self.cleaned_data["amount"]
        if not 0 < amount * 100 <= self.left:
            raise ValidationError(f"Between $0.01 and {format_cents(self.left)} can be given back.")
        return amount

    def clean(self) -> dict[str, Any]:
        """Show the amount again whenever it does not fit the choices above it."""
        data = super().clean() or {}
        if "fee" not in data:
            return data
        self.worked_out_as = self._in_words(data["delivery"], data["fee"])
        now = self._choices(data["delivery"], data["fee"])
        if data.get("worked_out") != now:
            fresh = from_cents(self._sum(data["delivery"], data["fee"]))
            typed = {name: self.data[name] for name in self.data}
            self.data = {**typed, "amount": str(fresh), "worked_out": now}
            self.errors.pop("amount", None)
            raise ValidationError(
                f"The amount is now ${fresh}. Please look at it, change it if you must, and send "
                "the form again."
            )
        return data

    @property
    def warning(self) -> str:
        """Say what the amount consists of and where it goes."""
        return (
            f"Worked out: {self.worked_out_as}. The amount goes back to the card that paid. The "
            "customer is told. This cannot be undone."
        )

    def perform(self, by: "User") -> str:
        """Refund."""
        data = self.cleaned_data
        cents = int(data["amount"] * 100)
        wanted = self._shares(data["delivery"], data["fee"])
        services.refund(ret=self.ret, wanted=wanted, cents=cents, reason=data["reason"], by=by)
        return f"{format_cents(cents)} goes back to the customer."


def read_fee(text: str) -> tuple[int, int]:
    """Return a fee as (cents, whole per cent), one of them 0; raise ValidationError."""
    text = text.strip()
    if not text:
        return 0, 0
    found = _AMOUNT.fullmatch(text.removeprefix("$"))
    if not found:
        raise ValidationError("Write the fee as 15% or as 4.50.")
    number = Decimal(found["number"])
    if not found["percent"]:
        return int(number * 100), 0
    if number > 100 or number != int(number):
        raise ValidationError("A fee in per cent is a whole number from 0 to 100.")
    return 0, int(number)


#: By their name in the URL.
ACTIONS: dict[str, type[ReturnActionForm]] = {
    "approve": ApproveForm,
    "refuse": RefuseForm,
    "receive": ReceiveForm,
    "refund": RefundForm,
    "close": CloseForm,
}
