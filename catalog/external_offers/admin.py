"""Admin of external offers: inside their product's form, and as a list with clicks."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.external_offers.models import MOST_FAILURES, ExternalOffer, ExternalOfferClicks
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, NamedRowsMixin, ReadOnlyInline

RECENT = timedelta(days=30)


class ExternalOfferInline(admin.TabularInline):
    """The external offers of a product."""

    model = ExternalOffer
    extra = 0
    fields = ["seller", "country", "url", "is_active", "state"]
    readonly_fields = ["state"]
    autocomplete_fields = ["country"]

    @admin.display(description=_("Link"))
    def state(self, offer: ExternalOffer) -> str:
        return state_of(offer)


def state_of(offer: ExternalOffer) -> str:
    """Return for staff whether the link works."""
    if offer.checked_at is None:
        return str(_("not checked yet"))
    if not offer.problem:
        return str(_("works"))
    text = _("dead: %(problem)s") if offer.is_dead else _("failed: %(problem)s")
    return text % {"problem": offer.problem}


class StateFilter(ChoiceFilter):
    """Offers by the result of their checks."""

    title = _("link")
    parameter_name = "state"
    choices_with_conditions = (
        ("dead", _("dead"), Q(is_active=True, failures__gte=MOST_FAILURES)),
        ("failed", _("failed"), Q(failures__gt=0)),
        ("works", _("works"), Q(failures=0, checked_at__isnull=False)),
    )


class ClicksInline(ReadOnlyInline):
    """Clicks by day."""

    model = ExternalOfferClicks
    fields = ["day", "count"]


@admin.register(ExternalOffer)
class ExternalOfferAdmin(NamedRowsMixin, EditableAdmin):
    """All external offers, with their clicks."""

    list_display = [
        "product_name", "seller", "country", "is_active", "link_state", "checked_at",
        "recent_clicks", "all_clicks",
    ]  # fmt: skip
    list_filter = [StateFilter, "is_active", "seller"]
    list_select_related = ["product__parent", "country"]
    search_fields = ["product__title", "product__upc", "seller", "url"]
    search_help_text = _("Title, SKU, seller or link.")
    autocomplete_fields = ["country"]
    raw_id_fields = ["product"]
    fields = ["product", "seller", "country", "url", "is_active", "link_state", "checked_at"]
    readonly_fields = ["link_state", "checked_at"]
    inlines = [ClicksInline]
    deleted_with = frozenset({"external_offers.externalofferclicks"})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add the clicks."""
        recent = Q(clicks__day__gt=timezone.localdate() - RECENT)
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_recent=Coalesce(Sum("clicks__count", filter=recent), 0),
                n_all=Coalesce(Sum("clicks__count"), 0),
            )
        )

    def row_name(self, obj: Any) -> str:
        return f"{obj.product.get_title()}, {obj}"

    @admin.display(description=_("Product"), ordering="product__title")
    def product_name(self, offer: ExternalOffer) -> str:
        return offer.product.get_title()

    @admin.display(description=_("Link"), ordering="failures")
    def link_state(self, offer: ExternalOffer) -> str:
        return state_of(offer)

    @admin.display(description=_("Clicks in 30 days"), ordering="n_recent")
    def recent_clicks(self, offer: Any) -> int:
        return int(offer.n_recent)

    @admin.display(description=_("All clicks"), ordering="n_all")
    def all_clicks(self, offer: Any) -> int:
        return int(offer.n_all)
