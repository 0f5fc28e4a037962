"""What shoppers type on the cart page."""

from typing import Any

from django import forms
from django.conf import settings

_WHOLE = "Enter a whole number, such as 1."


class QuantityField(forms.IntegerField):
    """A number of pieces. What is not one gets a sentence that says what to enter."""

    def __init__(self, least: int) -> None:
        most = settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
        super().__init__(
            min_value=least,
            max_value=most,
            error_messages={
                "required": _WHOLE,
                "invalid": _WHOLE,
                "min_value": _WHOLE if least else "Enter 0 to remove it, or more.",
                "max_value": f"A cart holds at most {most} pieces. For more, write to us or call.",
            },
        )


class AddForm(forms.Form):
    """How many pieces go into the cart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"] = QuantityField(least=1)
