"""The reacceptance page, and the button that dismisses the policy banner."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.agreements import banner, reacceptance
from accounts.agreements.forms import ReacceptanceForm
from accounts.requests import CustomerRequest
from microflight.core.limits import client_ip
from policies.models import PolicyVersion


@never_cache
@login_required
def reaccept(request: CustomerRequest) -> HttpResponse:
    """Show the policies that have changed; once accepted, continue to the page wanted."""
    policies = reacceptance.due(request.user)
    form = ReacceptanceForm(request.POST if request.method == "POST" else None, policies=policies)
    if policies.versions and not form.is_valid():
        changed = reacceptance.changed_policies(request.user, policies)
        context = {"form": form, "changed": changed, "next": _next_url(request)}
        return render(request, "agreements/reaccept.html", context)
    if policies.versions:
        reacceptance.reaccept(request.user, policies, ip=client_ip(request))
        messages.success(request, _("Thanks, you're all set."))
    request.session.pop(reacceptance.SESSION_KEY, None)
    return redirect(_next_url(request))


@login_required
@require_POST
def dismiss_banner(request: CustomerRequest) -> HttpResponse:
    """Dismiss the banner, and open the policy if that button was pressed."""
    wanted = request.POST.get("version", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else 0
    version = get_object_or_404(PolicyVersion.objects.published().select_related("policy"), pk=pk)
    banner.dismiss(request.user, [version.pk])
    if "read" in request.POST:
        return redirect(version)
    return redirect(_next_url(request))


def _next_url(request: HttpRequest) -> str:
    """Return the page of this shop to continue to."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else "/"
