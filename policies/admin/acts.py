"""The pages on which staff submit, approve and publish: ask first, act on POST."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from policies.admin.forms import ACTS, TextForm
from policies.models import PolicyVersion
from policies.publishing import PolicyError

if TYPE_CHECKING:
    from accounts.users.models import User


def page_of(version: PolicyVersion) -> str:
    """Return the address of a text's page in the admin."""
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def act(request: HttpRequest, model_admin: admin.ModelAdmin, pk: int, name: str) -> HttpResponse:
    """Ask for what an act needs (GET), or do it and show the text (POST)."""
    kind = ACTS.get(name)
    if kind is None:
        raise Http404
    if not any(request.user.has_perm(right) for right in kind.rights):
        raise PermissionDenied
    version = get_object_or_404(PolicyVersion.objects.select_related("policy"), pk=pk)
    if not kind.possible(version):
        stands = version.state.label
        messages.error(request, f"{kind.title}: not possible for a text that is {stands}.")
        return HttpResponseRedirect(page_of(version))
    form = kind(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        try:
            return _done(request, model_admin, form)
        except PolicyError as refusal:
            form.add_error(None, list(refusal.sentences))
    return _ask(request, model_admin, form)


def _done(request: HttpRequest, model_admin: admin.ModelAdmin, form: TextForm) -> HttpResponse:
    shown, told = form.perform(cast("User", request.user))
    model_admin.log_change(request, shown, f"{form.title}: {told}")
    messages.success(request, told)
    return HttpResponseRedirect(page_of(shown))


def _ask(request: HttpRequest, model_admin: admin.ModelAdmin, form: TextForm) -> HttpResponse:
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": form.title,
        "subtitle": str(form.version),
        "opts": model_admin.opts,
        "form": form,
        "version": form.version,
        "back": page_of(form.version),
    }
    return TemplateResponse(request, "admin/policies/policyversion/act.html", context)
