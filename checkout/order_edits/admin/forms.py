"""Forms of edits: those with a plan that staff confirm, and hold, release, duplicate."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.order.errors import CheckoutError
from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.order_edits import copies, holds
from checkout.order_edits.plans import hash_of
from microflight.core.action_view import seen_field
from microflight.core.errors import ServiceError
from microflight.core.forms import LineField

#: How an order of staff may reach the shop.
CHANNELS = [each for each in Channel.choices if each[0] != Channel.ONLINE]


def reason_field(help_text: Any = "") -> LineField:
    """Return the field for the reason of an edit, which by default only staff read."""
    help_text = help_text or _("For colleagues: saved in the timeline.")
    return LineField(label=_("Reason"), max_length=200, help_text=help_text)


class EditForm(OrderActionForm):
    """An edit that is performed once staff have seen what it does, with what they entered now."""

    has_preview = True
    button = _("Confirm")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sentences: tuple[str, ...] = ()
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether it is placed and nothing has shipped."""
        return subject.status == OrderState.PLACED

    def plan(self) -> tuple[str, ...]:
        """Return the consequences of what was entered. Raises ServiceError and CheckoutError."""
        raise NotImplementedError

    @property
    def warning(self) -> str:
        return "\n".join(self.sentences) or str(self.consequence)

    def clean(self) -> dict[str, Any]:
        """Show the consequences, and reject what was not confirmed yet."""
        data = super().clean() or {}
        if "preview" in self.data:  # while it is filled in
            self.errors.pop("reason", None)
        if set(self.errors) - {"reason"}:
            return data
        try:
            self.sentences = self.plan()
        except ServiceError as error:
            raise ValidationError(list(error.texts)) from error
        except CheckoutError as error:
            raise ValidationError(error.reason) from error
        now = hash_of(self.sentences)
        if data.get("seen") != now:
            shown: Any = self.data
            self.data = shown = shown.copy()
            shown[self.add_prefix("seen")] = now
            self.add_error(None, gettext("Check below what this will do, then confirm."))
        return data


class HoldForm(OrderActionForm):
    """Hold an order: nothing of it ships until staff release it."""

    permission = "order.ship_order"
    title = _("Hold")
    button = _("Hold order")
    consequence = _(
        "Nothing of this order ships until you release it. Its stock stays reserved, and its "
        "payment does not change. The customer is not notified."
    )

    reason = reason_field()

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        is_open = subject.status in (OrderState.PLACED, OrderState.PART_SHIPPED)
        return is_open and not subject.staff_hold

    def perform(self, by: User) -> str:
        holds.hold_order(order=self.order, reason=self.cleaned_data["reason"], by=by)
        return gettext("The order is on hold.")


class ReleaseForm(OrderActionForm):
    """Let an order ship again that staff hold."""

    permission = "order.ship_order"
    title = _("Release")
    button = _("Release order")

    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"] = seen_field(self.order.staff_hold, forms.CharField)

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        return bool(subject.staff_hold)

    @property
    def warning(self) -> str:
        text = gettext(
            "It is held: %(reason)s. Released, it can ship. Its payment does not change."
        )
        return text % {"reason": self.order.staff_hold}

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        holds.release_order(order=self.order, seen=data["seen"], reason=data["reason"], by=by)
        return gettext("The order can ship.")


class DuplicateForm(OrderActionForm):
    """Create a draft with the same customer and items."""

    permission = "order.take_order"
    title = _("Duplicate order")
    button = _("Create draft")
    consequence = _(
        "This creates a draft with the same customer and items at today’s prices. It reserves no "
        "stock and charges nothing until you send it as a quote. This order does not change."
    )

    channel = forms.ChoiceField(
        label=_("How the order reached us"), choices=CHANNELS, initial=Channel.PHONE
    )
    reason = reason_field()

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        return subject.status != OrderState.DRAFT and subject.customer_address is not None

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        draft, missing = copies.duplicate_order(
            order=self.order, channel=data["channel"], reason=data["reason"], by=by
        )
        self.subject = draft  # whose page is shown next
        done = gettext("Draft %(number)s was created.") % {"number": draft.number}
        if not missing:
            return done
        text = gettext("Not available: %(titles)s.") % {"titles": ", ".join(missing)}
        return f"{done} {text}"
