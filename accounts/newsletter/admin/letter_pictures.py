"""Pictures for letters, for staff: uploaded, drawn anew, named."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.newsletter.models import Campaign, LetterPicture
from accounts.newsletter.states import CampaignState
from accounts.newsletter.writing.pictures import BadPicture, Redrawn, keep, redraw


class PictureForm(forms.ModelForm):
    """A name, a file, its words."""

    redrawn: Redrawn | None = None

    class Meta:
        model = LetterPicture
        fields = ("key", "alt", "file")
        widgets = {"file": forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})}

    def clean_file(self) -> Any:
        """Read the picture now, so that a refusal stands beside its field."""
        upload = self.cleaned_data["file"]
        if "file" in self.changed_data:
            try:
                self.redrawn = redraw(upload)
            except BadPicture as problem:
                raise forms.ValidationError(str(problem)) from problem
        return upload


@admin.register(LetterPicture)
class LetterPictureAdmin(admin.ModelAdmin):
    """The shelf from which `::picture name` takes. A file that letters show is never replaced: a
    new upload gets a new address."""

    list_display = ["key", "shown", "alt", "size", "uploaded_at"]
    search_fields = ["key", "alt"]
    form = PictureForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Pictures that a launched letter shows stay."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and not _is_shown(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the file too."""
        super().delete_model(request, obj)
        obj.file.delete(save=False)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep what was drawn anew, never the upload itself."""
        if form.redrawn:
            keep(obj, form.redrawn)
        else:
            super().save_model(request, obj, form, change)

    @admin.display(description="Picture")
    def shown(self, picture: LetterPicture) -> SafeString:
        """Return the picture, small."""
        mark = '<img class="thumbnail" src="{}" alt="{}" width="96" height="{}">'
        height = round(96 * picture.height / max(picture.width, 1))
        return format_html(mark, picture.file.url, picture.alt, height)

    @admin.display(description="Pixels")
    def size(self, picture: LetterPicture) -> str:
        """Return width and height."""
        return f"{picture.width} × {picture.height}"


def _is_shown(picture: LetterPicture) -> bool:
    launched = Campaign.objects.exclude(state=CampaignState.DRAFT)
    return launched.filter(body_html__contains=picture.file.url).exists()
