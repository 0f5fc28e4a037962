"""The admin of suppliers (Oscar's partners)."""

from django.contrib import admin

from catalog.partner.models import Partner
from microflight.core.admin_base import EditableAdmin


@admin.register(Partner)
class PartnerAdmin(EditableAdmin):
    """Suppliers, who hold stock."""

    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    fields = ["name"]
    deleted_with = frozenset({"partner.partneraddress"})
