"""The admin of synonyms, and of search terms with a link to make one a synonym."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.search_index.models import SearchTerm, Synonym
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, ReadOnlyAdmin


@admin.register(Synonym)
class SynonymAdmin(EditableAdmin):
    """Other words for what we sell."""

    list_display = ["term", "means", "language"]
    list_filter = ["language"]
    search_fields = ["term", "means"]
    fields = ["term", "means", "language"]
    saved_with = frozenset({"key"})


class ResultsFilter(ChoiceFilter):
    """Searches that found something, or nothing that matches all of it."""

    title = _("results")
    parameter_name = "found"
    choices_with_conditions = (
        ("none", _("No results"), Q(results=0)),
        ("some", _("With results"), Q(results__gt=0)),
    )


@admin.register(SearchTerm)
class SearchTermAdmin(ReadOnlyAdmin):
    """What shoppers searched for each day, the most frequent first."""

    list_display = ["term", "day", "searches", "results", "make_synonym"]
    list_filter = [ResultsFilter, "day"]
    search_fields = ["term"]
    ordering = ["-day", "-searches", "term"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Offer synonyms only to staff who may add them."""
        shown: list[Any] = [*super().get_list_display(request)]
        if not request.user.has_perm("search_index.add_synonym"):
            shown.remove("make_synonym")
        return shown

    @admin.display(description=_("Synonym"))
    def make_synonym(self, row: Any) -> SafeString | str:
        """Return a link to a new synonym for a term without results."""
        if row.results:
            return "–"
        url = f"{reverse('admin:search_index_synonym_add')}?{urlencode({'term': row.term})}"
        return format_html('<a href="{}">{}</a>', url, gettext("Make a synonym"))
