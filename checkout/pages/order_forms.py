"""Finding an order again."""

from django import forms
from django.core.exceptions import ValidationError

from checkout.order.numbers import is_order_number


class FindForm(forms.Form):
    """What is on the bill: the number of the order and the address it went to."""

    number = forms.CharField(
        label="Order number",
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": "Enter the number of the order: it is in our mails."},
    )
    email = forms.EmailField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Enter the e-mail address that you ordered with."},
    )

    def clean_number(self) -> str:
        """Refuse what cannot be a number of ours: no letter would ever come for it."""
        number = str(self.cleaned_data["number"]).strip().lstrip("#")
        if not is_order_number(number):
            raise ValidationError("This is no order number: one of its digits seems to be wrong.")
        return number
