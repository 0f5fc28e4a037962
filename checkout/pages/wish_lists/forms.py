"""The name of a wish list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from microflight.core.forms import LineField


class WishListForm(forms.Form):
    """Name a new wish list, or rename one."""

    name = LineField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
