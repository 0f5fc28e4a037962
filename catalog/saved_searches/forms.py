"""The query string and the email address of a saved search."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.saved_searches.matches import count_matches, describe, normalize
from catalog.saved_searches.models import MAX_QUERY
from catalog.saved_searches.services import MOST_MATCHES
from microflight.core.forms import EmailField


class SaveForm(forms.Form):
    """The email field is left out for customers who are logged in with a verified email."""

    query = forms.CharField(widget=forms.HiddenInput, max_length=MAX_QUERY)
    email = EmailField(
        label=_("Email"),
        max_length=254,  # the column's
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, own_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_email:
            del self.fields["email"]

    def clean_query(self) -> str:
        """Return the query string in one spelling; reject one that asks for (nearly) everything."""
        query = normalize(QueryDict(self.cleaned_data["query"]))
        if not query or not describe(query):
            raise forms.ValidationError(gettext("Search for something or choose a filter first."))
        if len(query) > MAX_QUERY:  # the column's; percent signs make it longer
            raise forms.ValidationError(gettext("This search is too long to save."))
        if count_matches(query) > MOST_MATCHES:
            text = gettext("Too many products match this search. Add a filter to save it.")
            raise forms.ValidationError(text)
        return query
