"""The components of a kit on its product page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.kits.models import KitComponent


class KitComponentFormSet(forms.BaseInlineFormSet):
    """Rejects kits without components, components of other products, and kits within kits."""

    def clean(self) -> None:
        """Check the components against the product as it is about to be saved."""
        super().clean()
        if any(self.errors):
            return
        kit: Any = self.instance
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("component") and not form.cleaned_data.get("DELETE")
        ]
        if kept and not kit.is_kit:
            raise ValidationError(
                gettext("Only kits have components: check “Kit” above, or remove them.")
            )
        if kit.is_kit and not kept:
            raise ValidationError(gettext("A kit needs at least one component."))
        if kit.is_kit and kit.pk and kit.in_kits.exists():
            raise ValidationError(
                gettext("It is a component of another kit, so it cannot be a kit.")
            )


class KitComponentInline(admin.TabularInline):
    """The components of a kit."""

    model = KitComponent
    formset = KitComponentFormSet
    fk_name = "kit"
    extra = 0
    fields = ["component", "quantity"]
    autocomplete_fields = ["component"]
    verbose_name = _("component")
    verbose_name_plural = _("components of the kit")
