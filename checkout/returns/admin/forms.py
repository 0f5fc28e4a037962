"""Staff actions on a return: one form each, which calls one service."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.quantity_forms import line_label
from checkout.fulfilment.refund_actions import refundable_cents
from checkout.refunds.allocation import Shares
from checkout.refunds.formatting import format_shares
from checkout.returns import services
from checkout.returns.approved_returns import refunds_shipping
from checkout.returns.models import Return, ReturnLine, ReturnReason
from checkout.returns.states import RETURN, ReturnState
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField
from microflight.core.money import format_cents, from_cents
from microflight.core.numbers import DecimalField, IntegerField, fold_digits, plain_number

_AMOUNT = re.compile(r"(?P<number>\d{1,6}(\.\d{1,2})?)\s*(?P<percent>%?)")
#: Items returned for these reasons are rarely fit for sale.
_UNSALEABLE = (ReturnReason.FAULTY, ReturnReason.DAMAGED)


class NoteField(forms.CharField):
    """A note that the customer sees, too."""

    def __init__(self, label: Any, *, required: bool) -> None:
        help_text = _("Shown to the customer in the email and on the return page.")
        super().__init__(
            label=label,
            required=required,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=help_text,
        )


class ReturnActionForm(ActionForm):
    """An action on a return."""

    new_state: ClassVar[str]

    def __init__(self, *args: Any, subject: Return, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.ret, self.order = subject, subject.order

    @property
    def subject_name(self) -> str:
        return gettext("Return %(number)s") % {"number": self.ret.number}

    @classmethod
    def is_available(cls, subject: Return) -> bool:
        return RETURN.allows(subject.state, cls.new_state)


class AnswerForm(ReturnActionForm):
    """Calls a service with a note."""

    permission = "returns.answer_return"
    service: ClassVar[Callable[..., Return]]
    done: ClassVar[Any]

    note = NoteField(_("Reason"), required=True)

    def perform(self, by: User) -> str:
        type(self).service(ret=self.ret, note=self.cleaned_data["note"], by=by)
        return self.done % {"number": self.ret.number}


class ApproveForm(AnswerForm):
    title = _("Approve")
    button = _("Approve return request")
    consequence = _("The customer gets an email with the return number and our address.")
    done = _("Return request %(number)s approved.")
    new_state, service = ReturnState.APPROVED, services.approve

    note = NoteField(_("Note"), required=False)


class DeclineForm(AnswerForm):
    is_dangerous = True
    title = _("Decline")
    button = _("Decline return request")
    done = _("Return request %(number)s declined.")
    new_state, service = ReturnState.DECLINED, services.decline


class CloseForm(AnswerForm):
    is_dangerous = True
    title = _("Close without refund")
    button = _("Close return")
    consequence = _("The customer gets no refund. This cannot be undone.")
    done = _("Return %(number)s closed.")
    new_state, service = ReturnState.CLOSED, services.close


class ReceiveForm(ReturnActionForm):
    """Record which units arrived, and which of them are restocked."""

    permission = "returns.receive_return"
    title = _("Mark as received")
    button = _("Mark as received")
    consequence = _(
        "Restocked units are for sale at once. The customer gets an email, and can return "
        "units that did not arrive later."
    )
    new_state = ReturnState.RECEIVED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(self.ret.lines.with_options())
        for each in self.lines:
            restocked = 0 if each.reason in _UNSALEABLE else each.quantity
            self._add_quantity("restocked", gettext("%(item)s: restock"), each, restocked)
            scrapped = each.quantity - restocked
            self._add_quantity("scrapped", gettext("%(item)s: do not restock"), each, scrapped)
            self.fields[f"restocked_{each.pk}"].help_text = gettext(
                "Requested: %(quantity)d. Reason: %(reason)s."
            ) % {"quantity": each.quantity, "reason": each.get_reason_display()}
        self.fields["note"] = NoteField(_("Note"), required=False)

    def _add_quantity(self, name: str, label: str, each: ReturnLine, initial: int) -> None:
        self.fields[f"{name}_{each.pk}"] = IntegerField(
            label=label % {"item": line_label(each.line)},
            required=False,
            min_value=0,
            max_value=each.quantity,
            initial=initial,
        )

    def received(self) -> dict[int, tuple[int, int]]:
        """Return {ID of a return line: (units restocked, units scrapped)}."""
        data = self.cleaned_data
        return {
            each.pk: (data[f"restocked_{each.pk}"] or 0, data[f"scrapped_{each.pk}"] or 0)
            for each in self.lines
        }

    def perform(self, by: User) -> str:
        note = self.cleaned_data["note"]
        services.receive(ret=self.ret, received=self.received(), note=note, by=by)
        return gettext("Return %(number)s marked as received.") % {"number": self.ret.number}


class RefundForm(ReturnActionForm):
    """Refund a received return: less a restocking fee, with or without shipping, or any amount."""

    is_dangerous = True
    permission = "order.refund_order"
    title = _("Refund")
    button = _("Refund this amount")
    new_state = ReturnState.REFUNDED

    delivery = forms.BooleanField(
        label=_("Refund shipping"),
        required=False,
        help_text=_("Everything that is not refunded yet, with its tax."),
    )
    fee = LineField(
        label=_("Restocking fee"),
        required=False,
        max_length=10,
        help_text=_(
            "Such as 15% or 4.50, before tax. Applies only to items returned for a change of mind; "
            "the tax on the fee is kept too."
        ),
    )
    reason = LineField(
        label=_("Reason"),
        max_length=255,
        help_text=_("Shown to the customer. Mention the restocking fee if there is one."),
    )
    amount = DecimalField(label=_("Amount (CAD)"), max_digits=9, decimal_places=2)
    #: The choices and the refundable sum from which the amount was calculated.
    calculated_from = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refundable = refundable_cents(self.order)
        default, delivery = services.default_fee(), refunds_shipping(self.ret)
        self.fields["delivery"].initial = delivery
        self.fields["fee"].initial = default
        self.fields["reason"].initial = self.subject_name
        self.fields["amount"].initial = from_cents(self._proposed_cents(delivery, default))
        self.fields["calculated_from"].initial = self._choices(delivery, default)
        self.fields["amount"].help_text = gettext("Up to %(amount)s can be refunded.") % {
            "amount": format_cents(self.refundable)
        }
        self.calculation = self._breakdown(delivery, default)

    @classmethod
    def is_available(cls, subject: Return) -> bool:
        """Tell whether it is received and captured money is left to refund."""
        return super().is_available(subject) and refundable_cents(subject.order) > 0

    def _shares(self, delivery: bool, fee: str) -> Shares:
        cents, percent = parse_fee(fee)
        return services.refund_proposal(
            self.ret, fee_cents=cents, fee_percent=percent, delivery=delivery
        )

    def _proposed_cents(self, delivery: bool, fee: str) -> int:
        return min(self.refundable, sum(self._shares(delivery, fee).values()))

    def _choices(self, delivery: bool, fee: str) -> str:
        return json.dumps([delivery, fee.strip(), self.refundable])

    def _breakdown(self, delivery: bool, fee: str) -> str:
        """Return such as "$22.19 (goods $19.99, GST $1.00, PST $1.20)"."""
        shares = self._shares(delivery, fee)
        parts = format_shares(shares)
        return f"{format_cents(sum(shares.values()))} ({parts})" if parts else format_cents(0)

    def clean_fee(self) -> str:
        """Reject what is neither an amount nor a percentage, and more than the price."""
        fee = str(self.cleaned_data["fee"])
        cents, _percent = parse_fee(fee)
        if cents > (limit := services.max_fee(self.ret)):
            raise ValidationError(
                gettext(
                    "The fee can be at most %(max)s: the price before tax of the items returned "
                    "for a change of mind."
                )
                % {"max": format_cents(limit)}
            )
        return fee

    def clean_amount(self) -> Decimal:
        """Reject zero, and more than was captured."""
        amount = self.cleaned_data["amount"]
        if not 0 < amount * 100 <= self.refundable:
            raise ValidationError(
                gettext("Enter an amount from $0.01 to %(max)s.")
                % {"max": format_cents(self.refundable)}
            )
        return amount

    def clean(self) -> dict[str, Any]:
        """Show a recalculated amount for confirmation after the other choices changed."""
        data = super().clean() or {}
        if "fee" not in data:
            return data
        self.calculation = self._breakdown(data["delivery"], data["fee"])
        choices = self._choices(data["delivery"], data["fee"])
        if data.get("calculated_from") != choices:
            amount = from_cents(self._proposed_cents(data["delivery"], data["fee"]))
            typed = {name: self.data[name] for name in self.data}
            self.data = {**typed, "amount": str(amount), "calculated_from": choices}
            self.errors.pop("amount", None)
            raise ValidationError(
                gettext(
                    "The amount is now $%(amount)s. Check it, change it if needed, and submit "
                    "again."
                )
                % {"amount": amount}
            )
        return data

    @property
    def warning(self) -> str:
        """Say what the amount consists of and where it goes."""
        return gettext(
            "Calculated refund: %(calculation)s. The card that paid is refunded and the customer "
            "gets an email. This cannot be undone."
        ) % {"calculation": self.calculation}

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        cents = int(data["amount"] * 100)
        wanted = self._shares(data["delivery"], data["fee"])
        services.refund(ret=self.ret, wanted=wanted, cents=cents, reason=data["reason"], by=by)
        return gettext("%(amount)s refunded.") % {"amount": format_cents(cents)}


def parse_fee(text: str) -> tuple[int, int]:
    """Return a fee as (cents, whole per cent), one of them 0; raise ValidationError."""
    text = fold_digits(text).strip().removeprefix("$")
    if not text:
        return 0, 0
    number_typed = text.removesuffix("%").strip()
    match = _AMOUNT.fullmatch(text.replace(number_typed, plain_number(number_typed), 1))
    if not match:
        raise ValidationError(gettext("Enter the fee as 15% or 4.50."))
    number = Decimal(match["number"])
    if not match["percent"]:
        return int(number * 100), 0
    if number > 100 or number != int(number):
        raise ValidationError(gettext("Enter a whole percentage from 0 to 100."))
    return 0, int(number)


#: By their name in the URL.
ACTIONS: dict[str, type[ReturnActionForm]] = {
    "approve": ApproveForm,
    "decline": DeclineForm,
    "receive": ReceiveForm,
    "refund": RefundForm,
    "close": CloseForm,
}
