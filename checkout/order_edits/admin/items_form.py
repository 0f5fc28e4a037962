"""Change the items of an order that has not shipped."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.basket.services import MAX_ITEMS
from checkout.fulfilment.admin.quantity_forms import line_label
from checkout.order.lines import line_progress
from checkout.order.staff_fields import Channel
from checkout.order_edits.additions import add_items, plan_addition
from checkout.order_edits.admin.forms import CHANNELS, EditForm, reason_field
from checkout.order_edits.cuts import cut, plan_cut
from microflight.core.forms import LineField
from microflight.core.numbers import IntegerField

_NEW_ROWS = 3  # products to add, per page
_DAYS = 7  # until the link expires, unless staff choose another day
_MOST_DAYS = 30
_MOST_FOUND = 5  # SKUs that a message names


def find_record(text: str) -> StockRecord:
    """Return what is sold under a SKU or part of a name. Raises ValidationError."""
    sold = StockRecord.objects.filter(product__is_public=True, price__isnull=False)
    if record := sold.filter(partner_sku__iexact=text).order_by("pk").first():
        return record
    titled = Q(product__title__icontains=text) | Q(product__parent__title__icontains=text)
    found = list(sold.filter(titled).select_related("product__parent").order_by("pk")[:20])
    if not found:
        raise ValidationError(gettext("No product on sale has this SKU or name."))
    if len({record.product_id for record in found}) > 1:
        names = [f"{each.partner_sku} ({each.product.get_title()})" for each in found]
        several = gettext("Several products: enter a SKU, such as %(names)s.")
        raise ValidationError(several % {"names": "; ".join(names[:_MOST_FOUND])})
    return found[0]


class EditItemsForm(EditForm):
    """Reduce or remove lines, or add units and products; one of both at a time."""

    permission = "order.take_order"
    title = _("Edit items")
    consequence = _(
        "Fewer units: they are cancelled, and not captured, or refunded. More units and added "
        "products are paid with a link at today’s prices."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = self.order.lines.select_related("stockrecord", "kit")
        lines = lines.prefetch_related("attributes__option").order_by("pk")
        progress = line_progress(self.order, lines, with_stock=False)
        self.progress = [each for each in progress if each.remaining]
        for each in self.progress:
            self._add_line(each)
        for row in range(_NEW_ROWS):
            self._add_row(row)
        self.fields["valid_until"] = forms.DateField(
            label=_("Payment link valid until"),
            widget=AdminDateWidget,
            initial=timezone.localdate() + timedelta(days=_DAYS),
        )
        self.fields["channel"] = forms.ChoiceField(
            label=_("How the customer asked for it"), choices=CHANNELS, initial=Channel.PHONE
        )
        self.fields["early_charge"] = forms.BooleanField(
            label=_("The customer agreed to be charged before it ships"), required=False
        )
        self.fields["reason"] = reason_field(_("If items are removed, the customer sees it."))

    def _add_line(self, each: Any) -> None:
        self.fields[f"line_{each.line.pk}"] = IntegerField(
            label=line_label(each.line),
            min_value=0,
            max_value=each.remaining if each.line.kit_id else MAX_ITEMS,
            initial=each.remaining,
            help_text=gettext("0 removes it."),
        )

    def _add_row(self, row: int) -> None:
        self.fields[f"sku_{row}"] = LineField(
            label=_("Add SKU or name"), max_length=128, required=False
        )
        self.fields[f"quantity_{row}"] = IntegerField(
            label=_("Quantity"), min_value=1, max_value=MAX_ITEMS, initial=1, required=False
        )

    @classmethod
    def is_permitted(cls, user: Any) -> bool:
        """Tell whether a user may add items as well as remove them."""
        return bool(user.has_perms((cls.permission, "order.cancel_order")))

    def clean_valid_until(self) -> date:
        """Accept today and the next 30 days."""
        day, today = self.cleaned_data["valid_until"], timezone.localdate()
        if not today <= day <= today + timedelta(days=_MOST_DAYS):
            text = gettext("Choose a day from today until %(last)s.")
            last = today + timedelta(days=_MOST_DAYS)
            raise ValidationError(text % {"last": date_format(last)})
        return day

    def clean(self) -> dict[str, Any]:
        """Find the products, and what is removed."""
        self.wanted: list[tuple[int, int]] = []
        self.removed: dict[int, int] = {}
        for each in self.progress:
            quantity = self.cleaned_data.get(f"line_{each.line.pk}", each.remaining)
            if quantity < each.remaining:
                self.removed[each.line.pk] = each.remaining - quantity
            elif quantity > each.remaining and each.line.product_id:
                self.wanted.append((each.line.product_id, quantity - each.remaining))
        for row in range(_NEW_ROWS):
            if sku := self.cleaned_data.get(f"sku_{row}"):
                self._want(row, sku)
        return super().clean()

    def _want(self, row: int, sku: str) -> None:
        try:
            record = find_record(sku)
        except ValidationError as error:
            self.add_error(f"sku_{row}", error)
        else:
            quantity = self.cleaned_data.get(f"quantity_{row}") or 1
            self.wanted.append((record.product_id, quantity))

    def plan(self) -> tuple[str, ...]:
        """Return the consequences of adding or of removing."""
        if self.wanted and self.removed:
            raise ValidationError(
                gettext("Add and remove in two steps: each changes another payment.")
            )
        if self.removed:
            return plan_cut(self.order, self.removed).sentences
        if not self.wanted:
            raise ValidationError(gettext("Change a quantity, or add a product."))
        addition = plan_addition(self.order, self.wanted, self.cleaned_data["valid_until"])
        agreed = self.cleaned_data.get("early_charge")
        if addition.early_charge and not agreed:
            self.add_error("early_charge", f"“{addition.early_charge}”")
        return addition.sentences

    def perform(self, by: User) -> str:
        data = self.cleaned_data
        if self.removed:
            cut(
                order=self.order,
                quantities=self.removed,
                reason=data["reason"],
                seen=data["seen"],
                by=by,
            )
            return gettext("The items were removed.")
        added = add_items(
            order=self.order,
            wanted=self.wanted,
            valid_until=data["valid_until"],
            channel=data["channel"],
            early_charge=data["early_charge"],
            reason=data["reason"],
            seen=data["seen"],
            by=by,
        )
        text = gettext("The items were added as order %(number)s, which waits for its payment.")
        return text % {"number": added.number}
