"""Policies and notices for staff. A published text is a contract: to read, never to edit."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from microflight import page_cache
from microflight.admin_parts import ChoiceFilter
from policies.models import Notice, Policy, PolicyVersion
from policies.publishing import PolicyError, publish
from policies.services import forget_notices

if TYPE_CHECKING:
    from accounts.users.models import User

MAY_PUBLISH = "policies.publish_policyversion"


class PublishedFilter(ChoiceFilter):
    """Is the text in force, or a draft?"""

    title = "published"
    parameter_name = "published"
    choices_with_conditions = (
        ("no", "drafts", Q(published_at=None)),
        ("yes", "published", Q(published_at__isnull=False)),
    )


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """Drafts are edited; published texts are read."""

    list_display = ["__str__", "summary", "published_at", "effective_from"]
    list_select_related = ["policy"]
    list_filter = ["policy", PublishedFilter]
    search_fields = ["policy__title", "summary", "source"]
    change_form_template = "admin/policies/policyversion/change_form.html"
    readonly_fields = [
        "stage", "number", "published_at", "effective_from", "body", "sha256", "previous_sha256",
    ]  # fmt: skip
    fieldsets = (
        (None, {"fields": ("policy", "kind", "summary", "source", "stage")}),
        ("Dates", {"fields": ("effective_from", "number", "published_at")}),
        ("Seal", {"fields": ("sha256", "previous_sha256")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts change."""
        return super().has_change_permission(request, obj) and not (obj and obj.published_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts go, one at a time: a list could hold published ones."""
        return bool(obj and not obj.published_at) and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[Any]:
        """Add the page that asks before publishing."""
        view = self.admin_site.admin_view(self.publish_view)
        return [
            path("<int:pk>/publish/", view, name="policies_policyversion_publish"),
            *super().get_urls(),
        ]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then publish: it cannot be taken back."""
        if not request.user.has_perm(MAY_PUBLISH):
            raise PermissionDenied
        version = get_object_or_404(PolicyVersion.objects.select_related("policy"), pk=pk)
        page = reverse("admin:policies_policyversion_change", args=[pk])
        if version.published_at:
            messages.info(request, "This text is published already.")
            return HttpResponseRedirect(page)
        if request.method == "POST":
            try:
                made = publish(version, by=cast("User", request.user))
            except PolicyError as refusal:
                messages.error(request, str(refusal))
                return HttpResponseRedirect(page)
            self.log_change(request, made, "Published.")
            messages.success(request, f"{made} is published.")
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Publish {version}?",
            "opts": self.opts,
            "version": version,
            "back": page,
        }
        return TemplateResponse(request, "admin/policies/policyversion/publish.html", context)


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    """Subjects on which the shop makes promises."""

    list_display = ["title", "slug", "accepted_at_checkout", "position"]
    search_fields = ["title", "slug"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and forget the pages that name it."""
        super().save_model(request, obj, form, change)
        page_cache.bump()


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    """Lines on top of every page."""

    list_display = ["text", "starts_at", "ends_at"]
    search_fields = ["text"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and let the next page show it."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_notices)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and let the next page leave it out."""
        super().delete_model(request, obj)
        transaction.on_commit(forget_notices)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete, and let the next page leave them out."""
        super().delete_queryset(request, queryset)
        transaction.on_commit(forget_notices)
