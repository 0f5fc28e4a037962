"""Admin of the rules while the shop is away."""

from django.contrib import admin

from catalog.away.models import AwayRule
from policies.opening.admin import AwayAdmin


@admin.register(AwayRule)
class AwayRuleAdmin(AwayAdmin):
    """A rule for a product, a category, or everything else."""

    list_display = ["subject", "handling"]
    list_filter = ["handling"]
    list_select_related = ["product__parent", "category"]
    raw_id_fields = ["product"]
    search_fields = ["product__title", "category__name"]
