"""Advanced search: a form over the query string of lists. Its answer is the URL of a list."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog import tree
from catalog.list_numbers import Number, flagged, numbers, read_range
from catalog.list_query import MAX_SEARCH, MAX_TYPED, PARAMETERS, ListQuery, Range
from catalog.listing_index import Index, current
from microflight.core.forms import DateField, LineField
from microflight.core.page_cache import shared_page

SUBMITTED = "show"  # the parameter of the button


@dataclass(frozen=True, slots=True)
class RangeFields:
    """The two fields of a range, as the template shows them."""

    label: str
    unit: str
    low: BoundField
    high: BoundField


class AdvancedForm(forms.Form):
    """Fields are named like the parameters of the list, so that its URL fills in the form."""

    q = LineField(label=_("Name or description"), required=False, max_length=MAX_SEARCH)
    sku = LineField(label=_("SKU"), required=False, max_length=MAX_TYPED)
    category = forms.ChoiceField(label=_("Category"), required=False)
    in_stock = forms.BooleanField(label=_("In stock only"), required=False)
    since = DateField(
        label=_("Added since"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: QueryDict | None, index: Index, categories: tree.Tree) -> None:
        super().__init__(data)
        self._index = index
        nodes = [one for root in categories.roots for one in root.branch()]
        names = [(str(one.pk), "\u2003" * (len(one.trail) - 1) + one.name) for one in nodes]
        self.fields["category"] = forms.ChoiceField(
            label=_("Category"), required=False, choices=[("", _("All categories")), *names]
        )
        self.numbers = _ranges(index)
        for number in self.numbers:
            for side in ("from", "to"):
                self.fields[f"{_parameter(number)}.{side}"] = LineField(
                    label=number.label,
                    required=False,
                    max_length=MAX_TYPED,
                    widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                )
        for field in self.fields.values():
            field.label_suffix = ""  # no field is marked as optional, as all of them are

    @property
    def main_fields(self) -> list[BoundField]:
        """Return the fields before the ranges."""
        return [self[name] for name in ("q", "sku", "category", "since", "in_stock")]

    @property
    def ranges(self) -> list[RangeFields]:
        """Return the fields of ranges in pairs."""
        return [
            RangeFields(
                number.label,
                number.unit,
                self[f"{_parameter(number)}.from"],
                self[f"{_parameter(number)}.to"],
            )
            for number in self.numbers
        ]

    def clean(self) -> dict[str, Any]:
        """Reject numbers that cannot be read, upper limits below lower ones, and an empty form."""
        data = super().clean() or {}
        for number in self.numbers:
            names = [f"{_parameter(number)}.{side}" for side in ("from", "to")]
            low, high = (str(data.get(name, "")) for name in names)
            found = read_range(self._index, Range(number.column, low, high))
            for name, error in zip(names, (found.low_error, found.high_error), strict=True):
                if error and name in data:
                    self.add_error(name, error)
        if not any(data.values()) and not self.errors:
            raise forms.ValidationError(gettext("Fill in at least one field."))
        if len(self._words(data)) > MAX_SEARCH:
            self.add_error("q", gettext("Use fewer words."))
        return data

    def _words(self, data: dict[str, Any]) -> str:
        return " ".join(filter(None, (data.get("q"), data.get("sku"))))

    @property
    def list_url(self) -> str:
        """Return the URL of the list that a valid form asks for."""
        data = dict(self.cleaned_data)
        words = self._words(data)
        pairs = [("q", words)] + [
            (name, "1" if value is True else str(value))
            for name, value in data.items()
            if value and name not in ("q", "sku")
        ]
        path = reverse("search:search" if words else "catalogue:index")
        return path + ListQuery.read(QueryDict(urlencode(pairs))).urlencode()


def _ranges(index: Index) -> list[Number]:
    """Return price and weight, then the attributes that product types mark as facets, by name."""
    known = numbers(index)
    common = [known["price"], known["n.weight"]]
    columns = {column for column in flagged(index) if column in known} - {"n.weight"}
    return common + sorted((known[one] for one in columns), key=lambda one: one.label)


def _parameter(number: Number) -> str:
    return Range(number.column).parameter


@require_safe
@shared_page("q", "sku", SUBMITTED, *PARAMETERS)
def advanced(request: HttpRequest) -> HttpResponse:
    """Show the form, filled in from the URL of a list; submitted, redirect to that of its list."""
    is_submitted = SUBMITTED in request.GET
    data = request.GET if is_submitted or request.GET else None
    form = AdvancedForm(data, current(), tree.of(request))
    if is_submitted and form.is_valid():
        return redirect(form.list_url)
    status = 422 if is_submitted else 200
    context = {"form": form, "is_submitted": is_submitted}
    return render(request, "search/advanced.html", context, status=status)
