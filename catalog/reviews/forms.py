"""The question that a visitor asks about a product."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from microflight.core.forms import EmailField


class QuestionForm(forms.Form):
    """The email field is left out for customers who are logged in with a verified email."""

    text = forms.CharField(
        label=_("Your question"), max_length=1000, widget=forms.Textarea(attrs={"rows": 5})
    )
    email = EmailField(
        label=_("Email"),
        help_text=_("For our answer. It is not shown."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, own_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_email:
            del self.fields["email"]
