"""A policy's texts for staff: drafts are written, everything later is read."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from microflight.core.admin_base import ChoiceFilter
from policies import publishing
from policies.admin import acts, page
from policies.admin.forms import possible_acts
from policies.models import PolicyVersion
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User


#: About 30,000 words, six times the longest text that a preview has to be quick for.
MOST_CHARACTERS = 200_000


class StageFilter(ChoiceFilter):
    """How far the work on a text is."""

    title = "stage"
    parameter_name = "stage"
    choices_with_conditions = (
        ("draft", "drafts", Q(stage=Stage.DRAFT)),
        ("review", "to approve", Q(stage=Stage.REVIEW)),
        ("approved", "to publish", Q(stage=Stage.APPROVED)),
        ("published", "published", Q(published_at__isnull=False)),
    )


class DraftForm(forms.ModelForm):
    """The words of a draft. `seen` tells which state of the work its page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = PolicyVersion
        fields = ("kind", "summary", "source")
        help_texts = {"source": ""}  # the page itself says what a text may say
        widgets = {
            "summary": forms.TextInput(attrs={"class": "vTextField"}),
            "source": forms.Textarea(attrs={"rows": 32, "spellcheck": "true"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = publishing.last_step(self.instance)

    def clean(self) -> Any:
        """Refuse words that were written beside those of somebody else. The admin saves in the same
        transaction, so the lock that is taken here holds until then."""
        try:
            publishing.refuse_if_changed(self.instance, self.cleaned_data.get("seen", -1))
        except publishing.PolicyError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return super().clean()


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """From the first line to the text in force, each step behind its own right."""

    list_display = ["name", "state", "summary", "effective", "agreed"]
    list_select_related = ["policy"]
    list_filter = [StageFilter, "policy"]
    search_fields = ["policy__title", "summary", "source"]
    change_form_template = "admin/policies/policyversion/change_form.html"
    form = DraftForm

    # --- who may ---

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft is written on."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.stage == Stage.DRAFT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who approves or publishes may read."""
        user = request.user
        return super().has_view_permission(request, obj) or any(
            user.has_perm(f"policies.{name}_policyversion") for name in ("approve", "publish")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts go, one at a time: a list could hold published ones."""
        is_draft = bool(obj and obj.stage == Stage.DRAFT)
        return is_draft and super().has_delete_permission(request, obj)

    # --- writing ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the policy first; the words of its newest text are there already."""
        if obj is None:
            return [(None, {"fields": ["policy"]})]
        return [(None, {"fields": ["kind", "summary", "source", "seen"]})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Let a new text only say which policy it is for."""
        if obj is None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Begin a draft, or write on one."""
        user = cast("User", request.user)
        if change:
            publishing.write(obj, by=user)
            return
        obj.pk = publishing.new_draft(obj.policy, by=user).pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Open the new draft."""
        return HttpResponseRedirect(acts.page_of(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay with the text: the next step is on its page."""
        self.message_user(request, "Saved.")
        return HttpResponseRedirect(acts.page_of(obj))

    # --- its page ---

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff act, and the preview that follows a writer."""
        act = self.admin_site.admin_view(self.act_view)
        shown = self.admin_site.admin_view(require_POST(self.preview_view))
        return [
            path("<int:pk>/<slug:name>/do/", act, name="policies_policyversion_act"),
            path("<int:pk>/preview/", shown, name="policies_policyversion_preview"),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Submit, approve, publish, send back or begin anew."""
        return acts.act(request, self, pk, name)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return what stands beside a draft for words that are not saved: nothing is written."""
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        version.source = request.POST.get("source", "")[:MOST_CHARACTERS].replace("\r\n", "\n")
        version.summary = request.POST.get("summary", "")
        version.kind = request.POST.get("kind", version.kind)
        parts = {"version": version, "preview": page.preview_of(version)}
        return render(request, "admin/policies/policyversion/_preview.html", parts)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show where the text stands beside its words."""
        if obj is not None:
            context.update(page.contents(obj))
            context["acts"] = possible_acts(request.user.has_perm, obj)
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count who agreed in the same query."""
        rows = super().get_queryset(request).select_related("policy", "author", "approver")
        in_force = page.in_force("policy")
        return rows.annotate(acceptance_count=Count("acceptances"), in_force_number=in_force)

    @admin.display(description="Text", ordering="policy")
    def name(self, version: PolicyVersion) -> str:
        """Return the policy and its number, or that there is none yet."""
        return f"{version.policy} v{version.number}" if version.number else f"{version.policy}"

    @admin.display(description="State", ordering="stage")
    def state(self, version: Any) -> SafeString:
        """Return where it stands, in words."""
        stage = version.state_beside(version.in_force_number, timezone.now())
        return format_html('<span class="state state-text-{}">{}</span>', stage, stage.label)

    @admin.display(description="In force from", ordering="effective_from")
    def effective(self, version: PolicyVersion) -> str:
        """Return the moment in the shop's time, or a dash."""
        if version.effective_from is None:
            return "–"
        return date_format(localtime(version.effective_from), "j M Y, H:i")

    @admin.display(description="Agreed to", ordering="acceptance_count")
    def agreed(self, version: Any) -> int:
        """Return how often somebody agreed to it."""
        return int(version.acceptance_count)
