"""Ways to narrow the list of subscribers."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.newsletter.models import Campaign, Consent, Source
from accounts.newsletter.states import SubscriberState
from microflight.core.admin_base import ChoiceFilter


class StandingFilter(ChoiceFilter):
    """Where somebody stands."""

    title = "state"
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(state=state.value)) for state in SubscriberState
    )


class PauseFilter(admin.SimpleListFilter):
    """Whose letters rest today."""

    title = "pause"
    parameter_name = "pause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer one."""
        return [("now", "letters rest today")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Narrow."""
        if self.value() == "now":
            return queryset.filter(paused_until__gt=timezone.localdate())
        return queryset


class CampaignFilter(admin.SimpleListFilter):
    """Of which letter. Django's own filter would fetch all that was ever written."""

    title = "campaign"
    parameter_name = "campaign__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        """Return the newest."""
        return list(Campaign.objects.values_list("pk", "title")[:50])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Narrow."""
        chosen = self.value() or ""
        return queryset.filter(campaign=int(chosen)) if chosen.isdecimal() else queryset


class SourceFilter(admin.SimpleListFilter):
    """Where they asked, whichever consent says so."""

    title = "where they asked"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        """Return every place."""
        return list(Source.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Narrow, without repeating rows."""
        if self.value() in Source.values:
            asked = Consent.objects.filter(subscriber=OuterRef("pk"), source=self.value())
            return queryset.filter(Exists(asked))
        return queryset
