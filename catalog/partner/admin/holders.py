"""Who holds stock."""

from django.contrib import admin

from catalog.partner.models import Partner


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    """Who holds stock."""

    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    fields = ["name"]
