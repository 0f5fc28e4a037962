"""The list of SKUs and quantities."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from checkout.pages.quick_order.sku_lines import MAX_LENGTH, MAX_LINES


class QuickOrderForm(forms.Form):
    """A list of SKUs and quantities, one product on a line."""

    lines = forms.CharField(
        label=_("SKUs and quantities"),
        help_text=_("One product on a line: the SKU and the quantity, such as MF-BT-010-MAG 3."),
        max_length=MAX_LENGTH,
        error_messages={"required": _("Enter at least one SKU.")},
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocapitalize": "off"}),
    )

    def clean_lines(self) -> str:
        """Return the list. Raises ValidationError for too many lines."""
        text: str = self.cleaned_data["lines"]
        if sum(1 for line in text.splitlines() if line.strip()) > MAX_LINES:
            message = _("This list is too long: at most %(most)s. Put the others in a second list.")
            raise ValidationError(message, params={"most": MAX_LINES})
        return text
