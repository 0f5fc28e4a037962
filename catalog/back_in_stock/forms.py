"""The product and the email address of a back-in-stock request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.back_in_stock.services import requestable_products
from catalog.models import Product
from microflight.core.forms import EmailField


class SubscribeForm(forms.Form):
    """The email field is left out for customers who are logged in with a verified email."""

    product: "forms.ModelChoiceField[Product]" = forms.ModelChoiceField(
        requestable_products(), widget=forms.HiddenInput
    )
    email = EmailField(
        label=_("Email"),
        max_length=254,  # the column's
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, own_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_email:
            del self.fields["email"]
