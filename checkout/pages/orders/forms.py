"""The form that emails the link to an order again."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.order.numbers import is_order_number
from microflight.core.forms import EmailField, LineField
from microflight.core.numbers import fold_digits


class FindForm(forms.Form):
    """The order number and the email address of the order."""

    number = LineField(
        label=_("Order number"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the order number. You find it in our emails.")},
    )
    email = EmailField(
        label=_("Email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter the email address that you ordered with.")},
    )

    def clean_number(self) -> str:
        """Reject typing errors, which the check digit finds: no email would ever come for them."""
        typed = fold_digits(str(self.cleaned_data["number"]))
        number = re.sub(r"[\s#-]", "", typed)
        if not is_order_number(number):
            raise ValidationError(
                gettext("This is not an order number. One of its digits seems to be wrong.")
            )
        return number
