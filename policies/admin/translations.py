"""Admin of policy translations, next to the English version."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.action_view import ActionView, available_actions
from policies import markdown
from policies.admin.actions import TRANSLATION_ACTIONS
from policies.admin.versions import number_in_force
from policies.converters import LanguageConverter
from policies.models import PolicyTranslation, PolicyVersion
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

_LANGUAGE = RegexValidator(
    f"^{LanguageConverter.regex}$", _("Enter a language code such as fr or fr-CA.")
)


class TranslationForm(forms.ModelForm):
    """A draft translation."""

    class Meta:
        model = PolicyTranslation
        fields = ("version", "language", "title", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 32, "class": "vLargeTextField"})}

    def clean_language(self) -> str:
        """Return the language code. Raises ValidationError if no URL can have it."""
        language: str = self.cleaned_data["language"]
        _LANGUAGE(language)
        return language

    def clean_body(self) -> str:
        """Return the body with LF line ends."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


@admin.register(PolicyTranslation)
class PolicyTranslationAdmin(admin.ModelAdmin):
    """Drafts can be edited, published translations can be read."""

    list_display = ["__str__", "title", "state", "published_at"]
    list_select_related = ["version__policy"]
    list_filter = ["language", "version__policy"]
    search_fields = ["title", "body"]
    change_form_template = "admin/policies/policytranslation/change_form.html"
    form = TranslationForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow editing drafts only."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_published)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting drafts, one at a time."""
        is_draft = bool(obj and not obj.is_published)
        return is_draft and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer published versions, newest first."""
        if db_field.name == "version":
            published = PolicyVersion.objects.published().select_related("policy")
            kwargs["queryset"] = published.order_by("policy__position", "-number")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save with the user as the translator."""
        obj.translator = cast("User", request.user)
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay on the page, which has the button to publish."""
        url = reverse("admin:policies_policytranslation_change", args=[obj.pk])
        return HttpResponseRedirect(url)

    response_change = response_add

    def get_urls(self) -> list[Any]:
        """Add the action pages."""
        view = ActionView.as_view(
            model_admin=self,
            actions=TRANSLATION_ACTIONS,
            queryset=PolicyTranslation.objects.select_related("version__policy"),
        )
        return [
            path(
                "<int:pk>/<slug:name>/do/",
                self.admin_site.admin_view(view),
                name="policies_policytranslation_action",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the English version and the available actions."""
        if translation := kwargs.get("obj"):
            context |= {
                "english": markdown.render(translation.version.body),
                "body": markdown.render(translation.body),
                "actions": available_actions(request, TRANSLATION_ACTIONS, translation),
            }
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add the number of the English version in force."""
        translations = super().get_queryset(request).select_related("version__policy")
        return translations.annotate(number_in_force=number_in_force("version__policy"))

    @admin.display(description=_("state"))
    def state(self, translation: Any) -> str:
        """Return whether it is published, and whether the English version is superseded."""
        state = gettext("published") if translation.is_published else gettext("draft")
        version = translation.version
        if version.state_given(translation.number_in_force, timezone.now()) == Stage.SUPERSEDED:
            return gettext("%(state)s, outdated") % {"state": state}
        return state
