"""What staff enter for customs when they create an international shipment."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from checkout.documents import customs
from checkout.documents.customs import CustomsEntry, CustomsIncomplete
from checkout.documents.models import ExportReason, NonDelivery
from checkout.fulfilment.admin.forms import OrderActionForm
from microflight.core.forms import LineField


class CustomsFields(OrderActionForm):
    """Adds the customs fields to a form of an order that goes to another country."""

    def add_customs_fields(self) -> None:
        """Add the fields; the Declaration ID for the US only."""
        if not customs.is_international(self.order):
            return
        self.fields["phone"] = LineField(
            label=_("Recipient’s phone number"),
            max_length=32,
            initial=customs.address_phone(self.order),
            help_text=_("Customs requires it."),
        )
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason for export"),
            choices=ExportReason.choices,
            initial=ExportReason.SALE,
        )
        self.fields["non_delivery"] = forms.ChoiceField(
            label=_("If it cannot be delivered"),
            choices=NonDelivery.choices,
            initial=NonDelivery.RETURN,
        )
        if customs.needs_declaration_id(self.order):
            self.fields["declaration_id"] = LineField(
                label=_("Declaration ID"),
                max_length=32,
                help_text=_("13 letters and digits, from prepaying the US duty of this parcel."),
            )

    def clean_declaration_id(self) -> str:
        """Return the ID in its usual form, or say what is wrong with it."""
        try:
            return customs.normalized_declaration_id(self.cleaned_data["declaration_id"])
        except CustomsIncomplete as error:
            raise ValidationError(list(error.texts)) from error

    def customs_entry(self) -> CustomsEntry:
        """Return what was entered."""
        if "phone" not in self.fields:
            return CustomsEntry()
        names = ("phone", "reason", "non_delivery")
        return CustomsEntry(
            **{name: self.cleaned_data[name] for name in names},
            declaration_id=self.cleaned_data.get("declaration_id", ""),
        )
