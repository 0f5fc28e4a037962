"""The admin of suppliers (Oscar's partners)."""

from django.contrib import admin

from catalog.partner.models import Partner


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    """Suppliers, who hold stock."""

    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    fields = ["name"]
