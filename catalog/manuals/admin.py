"""Admin of manuals and their revisions: drafts are edited, then published; buyers are notified."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.manuals import notices, services
from catalog.manuals.models import Manual, ManualRevision
from catalog.manuals.pdf_files import PdfField
from microflight.core.action_view import ActionForm, DraftAdmin, seen_field
from microflight.core.admin_base import EditableAdmin, ReadOnlyInline, admin_link
from microflight.core.preview_admin import PreviewMixin

if TYPE_CHECKING:
    from accounts.users.models import User


class PublishForm(ActionForm):
    """Make a draft the current revision."""

    permission = "manuals.change_manualrevision"
    title = gettext_lazy("Publish")
    button = gettext_lazy("Publish revision")
    consequence = gettext_lazy(
        "It becomes the current revision and can no longer be changed. Older revisions stay "
        "available, marked as superseded."
    )
    subject: ManualRevision

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        """Return whether it is a draft."""
        return not subject.is_published

    def perform(self, by: "User") -> str:
        revision = services.publish(self.subject)
        return _("Revision %(number)s is published.") % {"number": revision.number}


class NotifyForm(ActionForm):
    """Email everyone who ordered the products. `seen` is the number of customers on the page."""

    permission = "manuals.change_manualrevision"
    title = gettext_lazy("Notify buyers")
    button = gettext_lazy("Send emails")
    is_dangerous: ClassVar[bool] = True
    subject: ManualRevision

    seen = seen_field()

    def __init__(self, *args: Any, subject: ManualRevision, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.fields["seen"].initial = self.count = len(notices.buyers_of(subject))

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        """Return whether buyers may be notified of it."""
        return notices.can_notify(subject)

    @property
    def warning(self) -> str:
        """Say how many customers get the email."""
        text = ngettext(
            "%(count)d customer ordered these products and gets one email with what changed. It "
            "cannot be stopped or sent again.",
            "%(count)d customers ordered these products and get one email each with what changed. "
            "They cannot be stopped or sent again.",
            self.count,
        )
        return text % {"count": self.count}

    def perform(self, by: "User") -> str:
        count = notices.notify(self.subject, expected=self.cleaned_data["seen"])
        text = ngettext("%(count)d email queued.", "%(count)d emails queued.", count)
        return text % {"count": count}


class RevisionInline(ReadOnlyInline):
    """The revisions of a manual."""

    model = ManualRevision
    fields = ["link", "summary", "is_safety", "pages", "published_at", "notified_at"]
    readonly_fields = ["link", "pages", "published_at", "notified_at"]

    @admin.display(description=gettext_lazy("Revision"))
    def link(self, revision: ManualRevision) -> str:
        draft = _("draft")
        return admin_link(revision, draft if revision.number is None else str(revision.number))


@admin.register(Manual)
class ManualAdmin(EditableAdmin):
    """Manuals. One with revisions is withdrawn, not deleted: its URL may be printed."""

    list_display = ["title", "language", "is_withdrawn"]
    list_filter = ["language", "is_withdrawn"]
    search_fields = ["title", "slug", "products__title", "products__upc"]
    search_help_text = gettext_lazy("Title, URL, product or SKU.")
    fields = ["title", "slug", "language", "products", "is_withdrawn"]
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ["title"]}
    autocomplete_fields = ["products"]
    inlines = [RevisionInline]
    instead_of_deleting = gettext_lazy("Mark the manual as withdrawn instead.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Update search and pages once the products are saved, too."""
        super().save_related(request, form, formsets, change)
        services.manual_changed(form.instance)


class RevisionForm(forms.ModelForm):
    """A draft."""

    file = PdfField(
        label=gettext_lazy("PDF"), required=False,
        help_text=gettext_lazy("Leave it empty to have the PDF made from the text."),
    )  # fmt: skip

    class Meta:
        model = ManualRevision
        fields = ("manual", "summary", "is_safety", "body", "file")
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "body": forms.Textarea(attrs={"rows": 32, "class": "vLargeTextField"}),
        }

    def clean_body(self) -> str:
        """Return the text with LF line ends."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


@admin.register(ManualRevision)
class ManualRevisionAdmin(PreviewMixin, DraftAdmin):
    """Drafts can be edited and previewed, published revisions can be read."""

    record_actions = {"publish": PublishForm, "notify": NotifyForm}
    form = RevisionForm
    list_display = ["__str__", "is_safety", "pages", "file_size", "published_at", "notified_at"]
    list_filter = ["is_safety", "manual__language"]
    list_select_related = ["manual"]
    search_fields = ["manual__title", "summary"]
    readonly_fields = ["pages", "file_size", "published_at", "notified_at", "notified_count"]
    autocomplete_fields = ["manual"]

    def is_draft(self, record: ManualRevision) -> bool:
        return not record.is_published

    def preview_url(self, record: ManualRevision) -> str:
        """Return the path of the page of its manual."""
        return record.manual.get_absolute_url()

    def publish_for_preview(self, record: ManualRevision) -> None:
        """Let visitors see it, with a placeholder for its PDF."""
        newest = record.manual.revisions.aggregate(newest=Max("number"))["newest"] or 0
        ManualRevision.objects.filter(pk=record.pk).update(
            number=newest + 1, published_at=timezone.now(),
            file="preview.pdf", pages=1, size=1, sha256="preview",
        )  # fmt: skip
        Manual.objects.filter(pk=record.manual_id).update(is_withdrawn=False)

    def show_preview(self, request: HttpRequest, record: ManualRevision) -> HttpResponse:
        """Keep no uploaded file of a draft that is not saved."""
        if request.FILES:
            record.file.delete(save=False)
        return super().show_preview(request, record)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what search reads."""
        return super().get_queryset(request).select_related("manual").defer("text")

    @admin.display(description=gettext_lazy("Size"), ordering="size")
    def file_size(self, revision: ManualRevision) -> str:
        return filesizeformat(revision.size) if revision.size else "–"
