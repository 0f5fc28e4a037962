"""The search box of the admin: orders, products, customers, pages, the menu's actions, and help.

Each list is searched as its own search box does (`get_search_results`), so that what staff learn
there works here, and only lists that a staff member may view. An exact number, SKU, email or
tracking number opens its record at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.numbers import fold_digits
from microflight.core.text import fold, one_line
from microflight.help import headings

#: Lists that are searched: model, heading, and lookups of which an exact match opens the record.
#: With session and account, a search runs at most 12 statements.
LISTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("order.Order", _("Orders"), ("number", "shipping_events__tracking_number")),
    ("catalogue.Product", _("Products"), ("upc__iexact",)),
    ("users.User", _("Customers"), ("email",)),
    ("policies.Policy", _("Pages"), ()),
    ("manuals.Manual", _("Pages"), ()),
)
MAX_LENGTH = 200  # characters of a search
SHORTEST = 2
RESULTS_PER_LIST = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A record or an action, its URL, and the heading that it is shown under."""

    heading: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `exact`: the one record that it names."""

    query: str
    exact: Result | None = None
    records: tuple[Result, ...] = ()
    actions: tuple[Result, ...] = ()

    @property
    def only(self) -> Result | None:
        """The record to open at once: an exact match, or the only result."""
        is_only = len(self.records) == 1 and not self.actions
        return self.exact or (self.records[0] if is_only else None)

    @property
    def results(self) -> tuple[Result, ...]:
        """All results, in the order in which they are shown."""
        return (self.exact,) if self.exact else (*self.records, *self.actions)


def search(request: HttpRequest, typed: str) -> Found:
    """Search for what was typed, in any case and width; `#` before a number is left out."""
    query = fold_digits(one_line(typed.replace("\x00", "")[:MAX_LENGTH])).lstrip("#").strip()
    if len(query) < SHORTEST:
        return Found(query)
    lists = list(_permitted(request))
    if exact := next(_exact(request, query, lists), None):
        return Found(query, exact)
    records = [result for each in lists for result in _records(request, query, each)]
    return Found(query, None, tuple(records), tuple(_actions(request, query)))


def _permitted(request: HttpRequest) -> Iterator[tuple[Any, Any, tuple[str, ...]]]:
    """Return the admin, heading and exact lookups of the lists that this person may view."""
    for label, heading, lookups in LISTS:
        model_admin: Any = admin.site._registry.get(apps.get_model(label))
        if model_admin and model_admin.has_view_permission(request):
            yield model_admin, heading, lookups


def _exact(request: HttpRequest, query: str, lists: list[Any]) -> Iterator[Result]:
    """Return the records of which a number, SKU or email is the query, in any case."""
    for model_admin, heading, lookups in lists:
        for lookup in lookups:
            wanted = query.lower() if lookup == "email" else query
            rows = model_admin.get_queryset(request).filter(**{lookup: wanted})[:RESULTS_PER_LIST]
            named = {row.pk: row for row in rows}  # an order with two shipments is found twice
            if len(named) == 1:
                yield _result(model_admin, heading, *named.values())


def _records(request: HttpRequest, query: str, each: Any) -> list[Result]:
    """Return the first records that the search of a list finds."""
    model_admin, heading, _lookups = each
    if not model_admin.get_search_fields(request):
        return []
    rows, is_doubled = model_admin.get_search_results(
        request, model_admin.get_queryset(request), query
    )
    rows = rows.distinct() if is_doubled else rows
    return [_result(model_admin, heading, row) for row in rows[:RESULTS_PER_LIST]]


def _result(model_admin: Any, heading: Any, row: Any) -> Result:
    opts = model_admin.opts
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    name = model_admin.row_name(row) if hasattr(model_admin, "row_name") else str(row)
    return Result(str(heading), Truncator(name).chars(100), url)


def _actions(request: HttpRequest, query: str) -> list[Result]:
    """Return the pages of the menu, their Add pages, and the headings of the handbook, whose names
    contain every word."""
    words = fold(query).split()
    named: list[tuple[str, str]] = []
    for area in admin.site.get_app_list(request):
        for entry in area["models"]:
            if entry["admin_url"]:
                named.append((str(entry["name"]), entry["admin_url"]))
            if entry["add_url"]:
                name = entry["model"]._meta.verbose_name
                named.append((gettext("Add %(name)s") % {"name": name}, entry["add_url"]))
    actions = [Result(gettext("Actions"), *each) for each in named]
    pages = [Result(gettext("Help"), *each) for each in headings()]
    found = [each for each in actions + pages if all(w in fold(each.title) for w in words)]
    return found[: 2 * RESULTS_PER_LIST]


def results_view(request: HttpRequest) -> HttpResponse:
    """Open the record that was named, or list what was found."""
    found = search(request, request.GET.get("q", ""))
    if found.only:
        return HttpResponseRedirect(found.only.url)
    base = admin.site.each_context(request)
    context = {**base, "title": gettext("Search"), "found": found}
    return TemplateResponse(request, "admin/search.html", context)


def suggestions_view(request: HttpRequest) -> HttpResponse:
    """Return the options under the search box while someone types."""
    found = search(request, request.GET.get("q", ""))
    return render(request, "admin/_search_options.html", {"found": found})


def urls(site: admin.AdminSite) -> list[Any]:
    """Return the URL patterns for an admin site."""
    return [
        path("search/", site.admin_view(results_view), name="search"),
        path("search/options/", site.admin_view(suggestions_view), name="search_options"),
    ]
