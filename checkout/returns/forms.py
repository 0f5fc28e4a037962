"""What customers fill in to cancel an order or to send things back."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from checkout.returns.models import ReturnReason
from checkout.returns.pictures import MOST, MOST_BYTES, BadPicture, Redrawn, redraw
from checkout.returns.services import Wanted
from checkout.returns.window import Returnable

_PIECES = forms.NumberInput(attrs={"inputmode": "numeric", "class": "pieces"})


class CancelForm(forms.Form):
    """The end of an order, with or without a reason."""

    why = forms.CharField(
        label="Why do you cancel?",
        required=False,
        max_length=200,
        help_text="It helps us, but you need not say.",
    )


class WithdrawForm(forms.Form):
    """The end of a return, before anything has come."""

    why = forms.CharField(label="Anything we should know?", required=False, max_length=200)


class ManyFiles(forms.ClearableFileInput):
    """A file field that takes several at once."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Some pictures, each drawn anew by us."""

    widget = ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp"})

    def clean(self, data: Any, initial: Any = None) -> list[Redrawn]:
        """Return the pictures; refuse too many, too large, and what is none."""
        files: Sequence[UploadedFile] = [file for file in data or [] if file]
        if len(files) > MOST:
            raise ValidationError(f"{MOST} pictures are enough: you chose {len(files)}.")
        try:
            return [redraw(super(PicturesField, self).clean(file, initial)) for file in files]
        except BadPicture as problem:
            raise ValidationError(f"{problem} Please choose your pictures again.") from problem


class AskForm(forms.Form):
    """How many pieces of which line come back, and why."""

    def __init__(self, *args: Any, lines: Sequence[Returnable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [each for each in lines if each.pieces]
        for each in self.lines:
            self._add_line(each)
        self.fields["why"] = forms.CharField(
            label="What happened?",
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="In your own words. For faulty parts: what they do, and since when.",
        )
        self.fields["pictures"] = PicturesField(
            label="Pictures",
            required=False,
            help_text=(
                f"Up to {MOST}, JPEG, PNG or WebP, {MOST_BYTES // 1024 // 1024} MB each. We keep "
                "only what one sees on them, and only we and whoever has your link can open them."
            ),
        )

    def _add_line(self, each: Returnable) -> None:
        pk, most = each.line.pk, each.pieces
        words = f"Enter a number from 0 to {most}."
        self.fields[f"pieces_{pk}"] = forms.IntegerField(
            label=f"Pieces, at most {most}",
            required=False,
            min_value=0,
            max_value=most,
            initial=0,
            widget=_PIECES,
            error_messages={"invalid": words, "min_value": words, "max_value": words},
        )
        self.fields[f"reason_{pk}"] = forms.ChoiceField(
            label="Why", required=False, choices=[("", "Please choose"), *ReturnReason.choices]
        )
        for name in (f"pieces_{pk}", f"reason_{pk}"):  # not to be called optional: one line is not
            self.fields[name].needed_in_places = True  # type: ignore[attr-defined]

    def rows(self) -> list[tuple[Returnable, forms.BoundField, forms.BoundField]]:
        """Return each line with its two fields."""
        return [
            (each, self[f"pieces_{each.line.pk}"], self[f"reason_{each.line.pk}"])
            for each in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse an empty request, and pieces without a reason."""
        data = super().clean() or {}
        chosen = [each for each in self.lines if data.get(f"pieces_{each.line.pk}")]
        for each in chosen:
            if not data.get(f"reason_{each.line.pk}"):
                self.add_error(f"reason_{each.line.pk}", "Please choose a reason.")
        if not chosen and not self.errors:
            raise ValidationError("Please say how many pieces of what you want to send back.")
        return data

    def wanted(self) -> list[Wanted]:
        """Return what is to come back."""
        return [
            Wanted(each.line.pk, pieces, self.cleaned_data[f"reason_{each.line.pk}"])
            for each in self.lines
            if (pieces := self.cleaned_data[f"pieces_{each.line.pk}"])
        ]
