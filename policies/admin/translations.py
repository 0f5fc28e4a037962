"""Translations of policies: written beside the English text, sealed when they are published."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from policies import markdown, publishing
from policies.admin import page
from policies.admin.forms import PUBLISH
from policies.converters import Language
from policies.models import PolicyTranslation, PolicyVersion
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

_LANGUAGE = RegexValidator(f"^{Language.regex}$", "Write a language as fr or fr-CA.")


class TranslationForm(forms.ModelForm):
    """Words in another language."""

    class Meta:
        model = PolicyTranslation
        fields = ("version", "language", "title", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 32, "class": "vLargeTextField"})}

    def clean_language(self) -> str:
        """Take only what the address of a translation can say."""
        language: str = self.cleaned_data["language"]
        _LANGUAGE(language)
        return language

    def clean_body(self) -> str:
        """Return the words with one sign for the end of a line, as the English ones have."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


@admin.register(PolicyTranslation)
class PolicyTranslationAdmin(admin.ModelAdmin):
    """Drafts are written on; what was published is read."""

    list_display = ["__str__", "title", "standing", "published_at"]
    list_select_related = ["version__policy"]
    list_filter = ["language", "version__policy"]
    search_fields = ["title", "body"]
    change_form_template = "admin/policies/policytranslation/change_form.html"
    form = TranslationForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts change."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_published)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts go, one at a time."""
        may = bool(obj and not obj.is_published)
        return may and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer what is published, the newest first."""
        if db_field.name == "version":
            published = PolicyVersion.objects.published().select_related("policy")
            kwargs["queryset"] = published.order_by("policy__position", "-number")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note who wrote it."""
        obj.translator = cast("User", request.user)
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay with the words: publishing is on their page."""
        return HttpResponseRedirect(_page_of(obj))

    response_change = response_add

    def get_urls(self) -> list[Any]:
        """Add the button that publishes."""
        view = self.admin_site.admin_view(require_POST(self.publish_view))
        name = "policies_policytranslation_publish"
        return [path("<int:pk>/publish/", view, name=name), *super().get_urls()]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Seal the words: they cannot be changed afterwards."""
        if not request.user.has_perm(PUBLISH):
            raise PermissionDenied
        found = get_object_or_404(PolicyTranslation.objects.select_related("version"), pk=pk)
        try:
            made = publishing.publish_translation(found, by=cast("User", request.user))
        except publishing.PolicyError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(_page_of(found))
        self.log_change(request, made, "Published.")
        messages.success(request, f"{made} is published.")
        return HttpResponseRedirect(_page_of(made))

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show the English text beside the words."""
        if obj is not None:
            context["english"] = markdown.render(obj.version.body)
            context["text"] = markdown.render(obj.body)
            context["may_publish"] = request.user.has_perm(PUBLISH)
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the version with each row, and which one is in force."""
        rows = super().get_queryset(request).select_related("version__policy")
        return rows.annotate(in_force_number=page.in_force("version__policy"))

    @admin.display(description="State")
    def standing(self, translation: Any) -> SafeString:
        """Return whether it is published, and whether the English text has moved on."""
        words = "published" if translation.is_published else "draft"
        in_force = translation.in_force_number
        if translation.version.state_beside(in_force, timezone.now()) == Stage.SUPERSEDED:
            words += ", out of date"
        return format_html("{}", words)


def _page_of(translation: PolicyTranslation) -> str:
    return reverse("admin:policies_policytranslation_change", args=[translation.pk])
