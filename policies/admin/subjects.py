"""Policies for staff: what the shop makes promises on, and when each is read again."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from microflight.core import page_cache
from microflight.core.admin_base import ChoiceFilter, ReadOnlyInline
from policies import publishing, services
from policies.models import Policy, Review
from policies.seed import YEAR

if TYPE_CHECKING:
    from accounts.users.models import User

MAY_REVIEW = "policies.review_policy"


class ReviewFilter(ChoiceFilter):
    """Does somebody have to read it again?"""

    title = "reading again"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return what the filter offers."""
        return [("overdue", "overdue"), ("none", "no date set")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list by the shop's own day."""
        conditions = {"overdue": Q(review_by__lt=services.today()), "none": Q(review_by=None)}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class ReviewInline(ReadOnlyInline):
    """Who said that the text is still true."""

    model = Review
    fields = ("version", "by", "at", "next_by")
    readonly_fields = fields


class ReadAgainForm(forms.Form):
    """When it is to be read the next time."""

    next_by = forms.DateField(label="Read again by", widget=forms.DateInput(attrs={"type": "date"}))


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    """Subjects on which the shop makes promises."""

    list_display = ["title", "slug", "accepted_at_checkout", "accepted_at_registration", "again"]
    list_filter = [ReviewFilter]
    search_fields = ["title", "slug"]
    change_form_template = "admin/policies/policy/change_form.html"
    inlines = [ReviewInline]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A new policy was not read yet."""
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the address once a text was published: its seal covers it. Keep the notice, too:
        it is shortened for one text at a time, at publishing, with a reason that stays."""
        return ["slug", "notice_days"] if obj and obj.versions.published().exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A policy with a published text stays."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and not obj.versions.published().exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and forget the pages that name it."""
        super().save_model(request, obj, form, change)
        page_cache.invalidate()

    def get_urls(self) -> list[Any]:
        """Add the page on which somebody says that the text is still true."""
        view = self.admin_site.admin_view(self.read_again_view)
        return [
            path("<int:pk>/read-again/", view, name="policies_policy_read_again"),
            *super().get_urls(),
        ]

    def read_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask when it is to be read the next time, and note who read it."""
        if not request.user.has_perm(MAY_REVIEW):
            raise PermissionDenied
        policy = get_object_or_404(Policy, pk=pk)
        initial = {"next_by": services.today() + YEAR}
        form = ReadAgainForm(request.POST if request.method == "POST" else None, initial=initial)
        page = reverse("admin:policies_policy_change", args=[pk])
        if form.is_valid():
            user = cast("User", request.user)
            try:
                publishing.read_again(policy, by=user, next_by=form.cleaned_data["next_by"])
                self.log_change(request, policy, "Read again: still true.")
                messages.success(request, "Noted that the text in force is still true.")
                return HttpResponseRedirect(page)
            except publishing.PolicyError as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{policy}: read again",
            "opts": self.opts,
            "policy": policy,
            "form": form,
            "back": page,
        }
        return TemplateResponse(request, "admin/policies/policy/read_again.html", context)

    @admin.display(description="Read again by", ordering="review_by")
    def again(self, policy: Policy) -> SafeString | str:
        """Return the day, marked where it is over."""
        if policy.review_by is None:
            return "–"
        day = date_format(policy.review_by, "j M Y")
        if policy.review_by >= services.today():
            return day
        return format_html('<span class="state verdict-breached">{}, overdue</span>', day)
