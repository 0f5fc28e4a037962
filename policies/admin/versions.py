"""Admin of policy versions: drafts can be edited, later stages can be read."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from microflight.core.action_view import DraftAdmin
from microflight.core.admin_base import ChoiceFilter, state_label
from policies import variables, workflow
from policies.admin.actions import VERSION_ACTIONS
from policies.models import Context, Policy, PolicyVersion
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
    """A draft's content."""

    class Meta:
        model = PolicyVersion
        fields = ("change_type", "summary", "source")
        help_texts = {"source": ""}  # the page itself explains the syntax
        widgets = {
            "summary": forms.TextInput(attrs={"class": "vTextField"}),
            "source": forms.Textarea(attrs={"rows": 32, "spellcheck": "true"}),
        }


@admin.register(PolicyVersion)
class PolicyVersionAdmin(DraftAdmin):
    """Each step from draft to publication has its own permission."""

    record_actions = VERSION_ACTIONS
    old_action_urls = {
        "publish": "publish",
        "send-back/do": "return",
        "restore/do": "create-draft",
    }
    action_template = "admin/policies/policyversion/action.html"
    list_display = ["name", "state", "summary", "effective", "acceptances"]
    list_select_related = ["policy"]
    list_filter = [StageFilter, "policy"]
    search_fields = ["policy__title", "summary", "source"]
    change_form_template = "admin/policies/policyversion/change_form.html"
    form = DraftForm
    deleted_with = frozenset({"policies.versionevent"})

    # --- Permissions ---

    def is_draft(self, record: PolicyVersion) -> bool:
        return record.stage == Stage.DRAFT

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow viewing to those who approve or publish, too."""
        user = request.user
        return super().has_view_permission(request, obj) or any(
            user.has_perm(f"policies.{name}_policyversion") for name in ("approve", "publish")
        )

    # --- Editing ---

    def lock(self, pk: Any) -> None:
        """Lock the policy, as the workflow does."""
        policies = Policy.objects.filter(versions=pk).select_for_update(of=("self",))
        list(policies.values_list("pk"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the policy first; a new draft copies its newest version."""
        if obj is None:
            return [(None, {"fields": ["policy"]})]
        return [(None, {"fields": ["change_type", "summary", "source"]})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return a form with the policy for a new draft."""
        if obj is None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user = cast("User", request.user)
        if change:
            workflow.save_draft(obj, user=user)
            return
        obj.pk = workflow.create_draft(obj.policy, user=user).pk
        obj.refresh_from_db()

    # --- Change page ---

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Submit the saved draft for review, too, if that button was pressed."""
        if "_submit_for_review" in request.POST:
            user = cast("User", request.user)
            try:
                workflow.submit_for_review(obj, user=user, seen=workflow.last_event(obj))
            except workflow.PolicyError as error:
                for text in error.texts:
                    messages.error(request, text)
            else:
                self.log_change(request, obj, str(VERSION_ACTIONS["submit"].title))
        return super().response_change(request, obj)

    def get_urls(self) -> list[Any]:
        return [
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
        """Add the state, events and preview."""
        if version := kwargs.get("obj"):
            state = version.state
            context |= {
                "version": version,
                "state": state,
                "state_label": state.label,
                "events": version.events.select_related("user"),
                "acceptance_counts": _acceptance_counts(version),
                "preview": preview(version),
                "variables": [f"{{{{ {name} }}}}" for name in variables.names()],
            }
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
        state = version.state_given(version.number_in_force, timezone.now())
        return state_label(f"policy-{state}", state.label)

    @admin.display(description=_("effective from"), ordering="effective_from")
    def effective(self, version: PolicyVersion) -> str:
        if version.effective_from is None:
            return "–"
        return date_format(localtime(version.effective_from), "j M Y, H:i")

    @admin.display(description=_("acceptances"), ordering="acceptance_count")
    def acceptances(self, version: Any) -> int:
        return int(version.acceptance_count)


def number_in_force(policy: str) -> Subquery:
    """Return the number of the version in force of the policy to which a field leads."""
    versions = PolicyVersion.objects.in_force_at(timezone.now())
    return Subquery(versions.filter(policy=OuterRef(policy)).values("number")[:1])


def _acceptance_counts(version: PolicyVersion) -> list[tuple[Any, int]]:
    """Return (form, number of acceptances), most first. One query."""
    counted = version.acceptances.values("context").annotate(count=Count("pk")).order_by("-count")
    return [(Context(row["context"]).label, row["count"]) for row in counted]
