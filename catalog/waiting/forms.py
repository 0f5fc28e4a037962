"""Which product, and where to write to."""

from typing import Any

from django import forms
from django.db.models import Q

from catalog.models import Product


def askable() -> Any:
    """Return the products that are shown, so that one may ask for them."""
    shown = Q(parent=None) | Q(parent__is_public=True)
    return Product.objects.filter(shown, is_public=True).select_related("parent")


class AskForm(forms.Form):
    """A logged-in visitor's own address is used, so the field is only for others."""

    product: "forms.ModelChoiceField[Product]" = forms.ModelChoiceField(
        askable(), widget=forms.HiddenInput
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,  # the column's
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, own_address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_address:
            del self.fields["email"]
