"""Admin of policy translations, next to the English version."""

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.action_view import DraftAdmin
from policies import markdown
from policies.admin.actions import TRANSLATION_ACTIONS
from policies.admin.versions import number_in_force
from policies.converters import LanguageConverter
from policies.models import PolicyTranslation, PolicyVersion
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User


class TranslationForm(forms.ModelForm):
    """A draft translation."""

    class Meta:
        model = PolicyTranslation
        fields = ("version", "language", "title", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 32, "class": "vLargeTextField"})}

    def clean_language(self) -> str:
        """Return the language code in its usual spelling, so that there is one translation of a
        language. Raises ValidationError for an unknown language, and for English."""
        language, *more = str(self.cleaned_data["language"]).replace("_", "-").split("-")
        parts = [part.upper() if len(part) == 2 else part.title() for part in more]
        code = "-".join([language.lower(), *parts])
        is_code = re.fullmatch(LanguageConverter.regex, code) is not None
        is_known = not LANG_INFO.keys().isdisjoint({language.lower(), code.lower()})
        if not (is_code and is_known) or language.lower() == "en":
            raise forms.ValidationError(gettext("Enter a language code such as fr or fr-CA."))
        return code

    def clean_body(self) -> str:
        """Return the body with LF line ends."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


@admin.register(PolicyTranslation)
class PolicyTranslationAdmin(DraftAdmin):
    """Drafts can be edited, published translations can be read."""

    record_actions = TRANSLATION_ACTIONS
    list_display = ["__str__", "title", "state", "published_at"]
    list_select_related = ["version__policy"]
    list_filter = ["language", "version__policy"]
    search_fields = ["title", "body"]
    change_form_template = "admin/policies/policytranslation/change_form.html"
    form = TranslationForm

    def is_draft(self, record: PolicyTranslation) -> bool:
        return not record.is_published

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

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the English version."""
        if translation := kwargs.get("obj"):
            context |= {
                "english": markdown.render(translation.version.body),
                "body": markdown.render(translation.body),
            }
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
