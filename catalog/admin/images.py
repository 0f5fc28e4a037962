"""The images of a product: several files at once, kept while other fields have errors.

Chosen files are stored at once (`catalog.image_uploads`); the form carries their signed names.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.image_uploads import store, stored_name
from catalog.images import fallback_url
from catalog.models import ProductImage
from microflight.core.image_uploads import EncodedImage, ImageUploadField

MOST_FILES = 30  # at once


class _ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ImagesField(ImageUploadField):
    """Several images. They are read before the form is (`read`), to become rows of its inline."""

    widget = _ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as they are."""
        return data

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether files were chosen."""
        return bool(data)

    def read(self, files: list[Any]) -> tuple[list[EncodedImage], list[Any]]:
        """Return the images of these files, and the errors of the others."""
        images, errors = [], []
        for file in files:
            try:
                images.append(super().clean(file))
            except ValidationError as error:
                errors.append(error)
        return images, errors


def add_rows(data: MultiValueDict, prefix: str, rows: list[dict[str, str]]) -> None:
    """Add rows to the submitted data of an inline."""
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    if not (total.isascii() and total.isdigit() and len(total) < 5):
        return  # Django rejects it
    for number, row in enumerate(rows, int(total)):
        for name, value in row.items():
            data[f"{prefix}-{number}-{name}"] = value
    data[f"{prefix}-TOTAL_FORMS"] = str(int(total) + len(rows))


def add_uploads(data: MultiValueDict, prefix: str, files: list[Any]) -> list[Any]:
    """Store chosen images and add a row for each, after the others; return errors of the rest."""
    images, errors = ImagesField().read(files[:MOST_FILES])
    if len(files) > MOST_FILES:
        errors.append(gettext("Choose at most %(limit)s images at once.") % {"limit": MOST_FILES})
    orders = [str(value) for name, value in data.items() if name.endswith("-display_order")]
    first = max((int(one) for one in orders if one.isdecimal() and len(one) < 5), default=-1) + 1
    rows = [
        {"upload": one, "caption": "", "display_order": str(first + number)}
        for number, one in enumerate(map(store, images))
    ]
    add_rows(data, prefix, rows)
    return errors


class ImageForm(forms.ModelForm):
    """A product image; a new one has the signed name of its stored file."""

    upload = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ProductImage
        fields = ["upload", "caption", "display_order"]
        labels = {"caption": _("Alternative text"), "display_order": _("Order")}

    def clean_upload(self) -> str:
        """Return the name of the stored file."""
        if self.instance.pk:
            return ""
        if not (name := stored_name(self.cleaned_data["upload"])):
            raise ValidationError(gettext("This image is no longer stored. Choose it again."))
        self.instance.original = name
        return name

    @property
    def picture_url(self) -> str:
        """Return the URL of the image; empty if its file is missing."""
        return fallback_url(self.instance, 320) if self.instance.original else ""


class ImageInline(admin.TabularInline):
    """The images of a product; the first one is on its card."""

    model = ProductImage
    form = ImageForm
    extra = 0
    fields = ["upload", "caption", "display_order"]
    template = "admin/catalogue/product/_images.html"
    verbose_name = _("image")
    verbose_name_plural = _("images")
