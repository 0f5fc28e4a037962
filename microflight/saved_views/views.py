"""Saving and deleting a view, from the list that it belongs to."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from microflight.core.forms import LineField
from microflight.saved_views.models import MAX_QUERY, SavedView

#: Views that one person may save of one list.
MAX_VIEWS = 30
#: Parameters of a list that are no part of a view: the page, and Django's mark of an error.
_NOT_SAVED = ("p", "e", "_popup", "_to_field")


class SavedViewForm(forms.Form):
    """The name of a view, and what the list shows now."""

    name = LineField(max_length=60)
    is_shared = forms.BooleanField(required=False)
    query = forms.CharField(max_length=MAX_QUERY)

    def clean_query(self) -> str:
        """Return the query string in one spelling, without the page."""
        return view_query(QueryDict(self.cleaned_data["query"]))


def view_query(parameters: QueryDict) -> str:
    """Return the query string that a view of these parameters has."""
    kept = parameters.copy()
    for name in _NOT_SAVED:
        kept.pop(name, None)
    return kept.urlencode()


def may_delete(user: Any, view: SavedView) -> bool:
    """Return whether a person may delete a view: their own, or any with the permission."""
    return view.owner_id == user.pk or bool(user.has_perm("saved_views.delete_savedview"))


@require_POST
def save_view(request: Any, label: str) -> HttpResponse:
    """Save what a list shows under a name; the same name again replaces it."""
    url = _list_url(request, label)
    form = SavedViewForm(request.POST)
    query = request.POST.get("query", "")[:MAX_QUERY]
    if not form.is_valid():
        problem = " ".join(str(text) for texts in form.errors.values() for text in texts)
        messages.error(request, gettext("The view was not saved. %(why)s") % {"why": problem})
        return HttpResponseRedirect(f"{url}?{query}")
    own = SavedView.objects.filter(owner=request.user, list_label=label)
    values = dict(form.cleaned_data)
    name = values.pop("name")
    if own.count() >= MAX_VIEWS and not own.filter(name=name).exists():
        text = ngettext(
            "You have %(count)d view of this list already. Delete one first.",
            "You have %(count)d views of this list already. Delete one first.",
            MAX_VIEWS,
        )
        messages.error(request, text % {"count": MAX_VIEWS})
    else:
        own.update_or_create(owner=request.user, list_label=label, name=name, defaults=values)
        messages.success(request, gettext("The view “%(name)s” was saved.") % {"name": name})
    return HttpResponseRedirect(f"{url}?{query}")


@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a view, and show its list without filters."""
    view = get_object_or_404(SavedView, pk=pk)
    url = _list_url(request, view.list_label)
    if not may_delete(request.user, view):
        raise PermissionDenied
    view.delete()
    messages.success(request, gettext("The view “%(name)s” was deleted.") % {"name": view.name})
    return HttpResponseRedirect(url)


def _list_url(request: HttpRequest, label: str) -> str:
    """Return the URL of a list. Raises Http404 or PermissionDenied."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if (model_admin := admin.site._registry.get(model)) is None:
        raise Http404
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def urls(site: admin.AdminSite) -> list[Any]:
    """Return the URL patterns for an admin site."""
    return [
        path("saved-views/<str:label>/", site.admin_view(save_view), name="save_view"),
        path("saved-views/<int:pk>/delete/", site.admin_view(delete_view), name="delete_view"),
    ]
