"""Admin of cartons."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from checkout.shipping.models import Carton
from microflight.core.admin_base import EditableAdmin


@admin.register(Carton)
class CartonAdmin(EditableAdmin):
    """Boxes and envelopes that orders are packed in."""

    list_display = [
        "name", "length_mm", "width_mm", "height_mm", "own_weight_g", "max_weight_g", "active",
    ]  # fmt: skip
    list_filter = ["active"]
    search_fields = ["name"]
    instead_of_deleting = _("To stop packing in a carton, turn off “Active”.")
