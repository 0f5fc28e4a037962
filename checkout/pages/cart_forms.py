"""The forms of the cart page."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from checkout.basket.services import too_many_items

_WHOLE_NUMBER = _("Enter a whole number, such as 1.")


class QuantityField(forms.IntegerField):
    """A quantity between `minimum` and the most that a cart holds."""

    def __init__(self, minimum: int) -> None:
        super().__init__(
            min_value=minimum,
            max_value=settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD,
            error_messages={
                "required": _WHOLE_NUMBER,
                "invalid": _WHOLE_NUMBER,
                "min_value": _WHOLE_NUMBER if minimum else _("Enter 0 or more."),
                "max_value": too_many_items(),
            },
        )


class AddForm(forms.Form):
    """The quantity to add to the cart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"] = QuantityField(minimum=1)
