"""Finding an order again."""

from django import forms


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
