"""The first step of a withdrawal: which items, or which order. The second step is a button."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.withdrawal.period import Options
from microflight.core.numbers import IntegerField


class ConfirmedForm(forms.Form):
    """A form that is sent twice, the second time with `confirmed`. `key` identifies the attempt."""

    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def hidden_values(self) -> list[tuple[str, Any]]:
        """Return the names and values that the second step sends."""
        values = [(name, value) for name, value in self.cleaned_data.items() if value]
        return [*values, ("confirmed", "on")]


class WithdrawItemsForm(ConfirmedForm):
    """How many units of each line; at first, all of them."""

    def __init__(self, data: Any = None, *, options: Options) -> None:
        super().__init__(data)
        self.options = options
        for each in options.lines:
            label = each.line.title
            if each.line.options:
                label = f"{label} ({each.line.options})"
            self.fields[f"quantity_{each.line.pk}"] = IntegerField(
                label=label,
                help_text=gettext("Up to %(max)d. Enter 0 to keep them.") % {"max": each.quantity},
                min_value=0,
                max_value=each.quantity,
                initial=each.quantity,
                required=False,
                label_suffix="",
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "quantity"}),
            )

    def clean(self) -> dict[str, Any]:
        """Require at least one unit."""
        data = super().clean() or {}
        if not self.errors and not self.quantities():
            raise ValidationError(_("Enter the quantity of at least one item."))
        return data

    def quantities(self) -> dict[int, int]:
        """Return the units of each line."""
        fields = {each.line.pk: f"quantity_{each.line.pk}" for each in self.options.lines}
        data = self.cleaned_data
        return {pk: data[name] for pk, name in fields.items() if data.get(name)}

    def chosen(self) -> list[tuple[int, Any]]:
        """Return the units and the line of each item, for the second step."""
        units = self.quantities()
        lines = (each.line for each in self.options.lines)
        return [(units[line.pk], line) for line in lines if line.pk in units]
