"""Admin of policy versions: drafts can be edited, later stages can be read."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from microflight.core.action_view import ActionView, available_actions
from microflight.core.admin_base import ChoiceFilter
from policies import variables, workflow
from policies.admin.actions import VERSION_ACTIONS
from policies.models import Context, PolicyVersion
from policies.preview import preview
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

#: About 30,000 words, six times the longest policy for which the preview must be quick.
MAX_PREVIEW_CHARACTERS = 200_000


class StageFilter(ChoiceFilter):
    """Versions by what they wait for."""

    title = _("stage")
    parameter_name = "stage"
    choices_with_conditions = (
        ("draft", _("drafts"), Q(stage=Stage.DRAFT)),
        ("review", _("to approve"), Q(stage=Stage.REVIEW)),
        ("approved", _("to publish"), Q(stage=Stage.APPROVED)),
        ("published", _("published"), Q(published_at__isnull=False)),
    )


class DraftForm(forms.ModelForm):
    """A draft's content. `seen` is the last event that the page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = PolicyVersion
        fields = ("change_type", "summary", "source")
        help_texts = {"source": ""}  # the page itself explains the syntax
        widgets = {
            "summary": forms.TextInput(attrs={"class": "vTextField"}),
            "source": forms.Textarea(attrs={"rows": 32, "spellcheck": "true"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = workflow.last_event(self.instance)

    def clean(self) -> Any:
        """Reject the form if anyone has changed the draft in between. The admin saves in the same
        transaction, so the lock holds until then."""
        try:
            workflow.require_unchanged(self.instance, self.cleaned_data.get("seen", -1))
        except workflow.PolicyError as error:
            raise forms.ValidationError(str(error)) from error
        return super().clean()


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """Each step from draft to publication has its own permission."""

    list_display = ["name", "state", "summary", "effective", "acceptances"]
    list_select_related = ["policy"]
    list_filter = [StageFilter, "policy"]
    search_fields = ["policy__title", "summary", "source"]
    change_form_template = "admin/policies/policyversion/change_form.html"
    form = DraftForm

    # --- Permissions ---

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow editing drafts only."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.stage == Stage.DRAFT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow viewing to those who approve or publish, too."""
        user = request.user
        return super().has_view_permission(request, obj) or any(
            user.has_perm(f"policies.{name}_policyversion") for name in ("approve", "publish")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting drafts, one at a time: a list may include published versions."""
        is_draft = bool(obj and obj.stage == Stage.DRAFT)
        return is_draft and super().has_delete_permission(request, obj)

    # --- Editing ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the policy first; a new draft copies its newest version."""
        if obj is None:
            return [(None, {"fields": ["policy"]})]
        return [(None, {"fields": ["change_type", "summary", "source", "seen"]})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return a form with the policy for a new draft."""
        if obj is None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or save a draft."""
        user = cast("User", request.user)
        if change:
            workflow.save_draft(obj, user=user)
            return
        obj.pk = workflow.create_draft(obj.policy, user=user).pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Open the new draft."""
        return HttpResponseRedirect(_change_url(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay on the page, which has the next step."""
        self.message_user(request, gettext("Saved."))
        return HttpResponseRedirect(_change_url(obj))

    # --- Change page ---

    def get_urls(self) -> list[Any]:
        """Add the action pages and the live preview."""
        versions = PolicyVersion.objects.select_related("policy")
        action = ActionView.as_view(
            model_admin=self,
            actions=VERSION_ACTIONS,
            queryset=versions,
            template_name="admin/policies/policyversion/action.html",
        )
        return [
            path(
                "<int:pk>/<slug:name>/do/",
                self.admin_site.admin_view(action),
                name="policies_policyversion_action",
            ),
            path(
                "<int:pk>/preview/",
                self.admin_site.admin_view(require_POST(self.preview_view)),
                name="policies_policyversion_preview",
            ),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the preview of an unsaved draft; nothing is written."""
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        source = request.POST.get("source", "")[:MAX_PREVIEW_CHARACTERS]
        version.source = source.replace("\r\n", "\n")
        version.summary = request.POST.get("summary", "")
        version.change_type = request.POST.get("change_type", version.change_type)
        context = {"version": version, "preview": preview(version)}
        return render(request, "admin/policies/policyversion/_preview.html", context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the state, actions, events and preview."""
        if version := kwargs.get("obj"):
            state = version.state
            context |= {
                "version": version,
                "state": state,
                "state_label": state.label,
                "actions": available_actions(request, VERSION_ACTIONS, version),
                "events": version.events.select_related("user"),
                "acceptance_counts": _acceptance_counts(version),
                "preview": preview(version),
                "variables": [f"{{{{ {name} }}}}" for name in variables.names()],
            }
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    # --- List ---

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add the number of acceptances and the number of the version in force."""
        versions = super().get_queryset(request).select_related("policy", "author", "approver")
        return versions.annotate(
            acceptance_count=Count("acceptances"), number_in_force=number_in_force("policy")
        )

    @admin.display(description=_("version"), ordering="policy")
    def name(self, version: PolicyVersion) -> str:
        """Return the policy and the version number, if it has one."""
        return f"{version.policy} v{version.number}" if version.number else f"{version.policy}"

    @admin.display(description=_("state"), ordering="stage")
    def state(self, version: Any) -> SafeString:
        """Return the state as a coloured label."""
        state = version.state_given(version.number_in_force, timezone.now())
        return format_html('<span class="state state-policy-{}">{}</span>', state, state.label)

    @admin.display(description=_("effective from"), ordering="effective_from")
    def effective(self, version: PolicyVersion) -> str:
        """Return the date and time in Saskatoon, or a dash."""
        if version.effective_from is None:
            return "–"
        return date_format(localtime(version.effective_from), "j M Y, H:i")

    @admin.display(description=_("acceptances"), ordering="acceptance_count")
    def acceptances(self, version: Any) -> int:
        """Return how often it was accepted."""
        return int(version.acceptance_count)


def number_in_force(policy: str) -> Subquery:
    """Return the number of the version in force of the policy to which a field leads."""
    versions = PolicyVersion.objects.in_force_at(timezone.now())
    return Subquery(versions.filter(policy=OuterRef(policy)).values("number")[:1])


def _acceptance_counts(version: PolicyVersion) -> list[tuple[Any, int]]:
    """Return (form, number of acceptances), most first. One query."""
    counted = version.acceptances.values("context").annotate(count=Count("pk")).order_by("-count")
    return [(Context(row["context"]).label, row["count"]) for row in counted]


def _change_url(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])
