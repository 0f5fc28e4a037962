"""`/styleguide/`: every component in every state, on one page. Only with DEBUG or DEMO."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

ERRORS = (400, 403, 404, 429, 500)


class SampleForm(forms.Form):
    """One field of each type."""

    name = forms.CharField(help_text="As it should appear on the package.")
    email = forms.EmailField(label="Email")
    country = forms.ChoiceField(choices=[("CA", "Canada"), ("US", "United States")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    service = forms.ChoiceField(
        label="Shipping method",
        widget=forms.RadioSelect,
        choices=[("post", "Small packet, 5 to 8 days"), ("air", "Air, 2 to 3 days")],
    )
    agree = forms.BooleanField(label="I accept the shipping policy.")


def page(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    paged = Paginator(range(240), 24).get_page(4)
    context: dict[str, Any] = {
        "crumbs": [("Micro RC Gear", "/"), ("Motors", "/"), ("6 mm coreless motor", "")],
        "fresh_form": SampleForm(prefix="fresh"),
        "wrong_form": SampleForm({"wrong-email": "not-an-email", "wrong-name": ""}, prefix="wrong"),
        "paged": paged,
        "page_numbers": paged.paginator.get_elided_page_range(4),
        "cards": _cards(),
        "stock_states": STOCK,
        "kinds": ["info", "success", "warning", "error"],
    }
    return render(request, "pages/styleguide.html", context)


def error(request: HttpRequest, status: int) -> HttpResponse:
    """Show an error page."""
    if status not in ERRORS:
        raise Http404
    if status in (400, 500):  # rendered without a request
        return HttpResponse(render_to_string(f"{status}.html"), status=status)
    return render(request, f"{status}.html", status=status)


STOCK = [
    ("in", "In stock"),
    ("few", "3 left"),
    ("backorder", "On backorder, about 2 weeks"),
    ("out", "Sold out"),
]


def _cards() -> list[SimpleNamespace]:
    rows = [
        ("Butterfly, ready to fly", "3.60", "64.95", 0),
        ("6 mm coreless motor with 0.5 mm pinion and a name that wraps to a second line",
         "1.42", "9.50", 1),
        ("LiPo cell 20 mAh", "0.85", "6.25", 2),
        ("Carbon rod 0.5 mm, 1 m", "0.31", "3.10", 3),
    ]  # fmt: skip
    return [
        SimpleNamespace(title=title, weight_g=weight, price=price, stock=STOCK[state])
        for title, weight, price, state in rows
    ]
