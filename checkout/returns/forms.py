"""Forms on which customers cancel an order or request a return."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from checkout.returns.models import ReturnReason
from checkout.returns.photos import MAX_PHOTOS, reencode
from checkout.returns.services import RequestedItem
from checkout.returns.window import ReturnableLine
from microflight.core.forms import LineField
from microflight.core.image_uploads import ACCEPT, MAX_MEGABYTES, EncodedImage, InvalidImage
from microflight.core.numbers import IntegerField

_REASONS = [each for each in ReturnReason.choices if each[0] != ReturnReason.WITHDRAWAL]
_QUANTITY = forms.NumberInput(attrs={"inputmode": "numeric", "class": "quantity"})


class CancelForm(forms.Form):
    """Cancel an order or a return request, with or without a reason."""

    note = LineField(label=gettext_lazy("Reason for cancelling"), required=False, max_length=200)


class MultipleFileInput(forms.ClearableFileInput):
    """A file input that accepts several files."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several photos, each re-encoded."""

    widget = MultipleFileInput(attrs={"accept": ACCEPT})

    def clean(self, data: Any, initial: Any = None) -> list[EncodedImage]:
        """Return the photos; reject too many, too large and unreadable files."""
        files: Sequence[UploadedFile] = [file for file in data or [] if file]
        if len(files) > MAX_PHOTOS:
            text = ngettext(
                "Please choose %(max)d photo; you chose %(number)d.",
                "Please choose at most %(max)d photos; you chose %(number)d.",
                MAX_PHOTOS,
            )
            raise ValidationError(text % {"max": MAX_PHOTOS, "number": len(files)})
        try:
            return [reencode(super(PhotosField, self).clean(file, initial)) for file in files]
        except InvalidImage as error:
            message = _("%(problem)s Please choose your photos again.")
            raise ValidationError(message % {"problem": error}) from error


class ReturnRequestForm(forms.Form):
    """Quantity and reason for each line of an order, a message and photos."""

    def __init__(self, *args: Any, lines: Sequence[ReturnableLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [each for each in lines if each.quantity]
        for each in self.lines:
            self._add_line(each)
        self.fields["note"] = forms.CharField(
            label=_("What is the problem?"),
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_("If an item is faulty, tell us what it does and since when."),
        )
        self.fields["photos"] = PhotosField(
            label=_("Photos"),
            required=False,
            help_text=_(
                "JPEG, PNG or WebP, at most %(number)d, each up to %(size)d MB. We remove hidden "
                "data such as location. Only we and people with the link to your order can see "
                "them."
            )
            % {"number": MAX_PHOTOS, "size": MAX_MEGABYTES},
        )

    def _add_line(self, each: ReturnableLine) -> None:
        pk = each.line.pk
        message = _("Enter a number from 0 to %(max)d.") % {"max": each.quantity}
        self.fields[f"quantity_{pk}"] = IntegerField(
            label=_("Quantity (up to %(max)d)") % {"max": each.quantity},
            required=False,
            min_value=0,
            max_value=each.quantity,
            initial=0,
            widget=_QUANTITY,
            error_messages={"invalid": message, "min_value": message, "max_value": message},
        )
        self.fields[f"reason_{pk}"] = forms.ChoiceField(
            label=_("Reason"),
            required=False,
            choices=[("", _("Select a reason")), *_REASONS],
        )
        for name in (f"quantity_{pk}", f"reason_{pk}"):  # no "(optional)": one line is required
            self.fields[name].label_suffix = ""

    def rows(self) -> list[tuple[ReturnableLine, forms.BoundField, forms.BoundField]]:
        """Return each line with its two fields."""
        return [
            (each, self[f"quantity_{each.line.pk}"], self[f"reason_{each.line.pk}"])
            for each in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Require at least one item, and a reason for each."""
        data = super().clean() or {}
        chosen = [each for each in self.lines if data.get(f"quantity_{each.line.pk}")]
        for each in chosen:
            if not data.get(f"reason_{each.line.pk}"):
                self.add_error(f"reason_{each.line.pk}", _("Please select a reason."))
        if not chosen and not self.errors:
            raise ValidationError(_("Please enter the quantity of each item to return."))
        return data

    def requested_items(self) -> list[RequestedItem]:
        return [
            RequestedItem(each.line.pk, quantity, self.cleaned_data[f"reason_{each.line.pk}"])
            for each in self.lines
            if (quantity := self.cleaned_data[f"quantity_{each.line.pk}"])
        ]
