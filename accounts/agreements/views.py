"""Agreeing anew after a change, and putting the banner away."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.agreements import news, services
from accounts.agreements.forms import AgainForm
from accounts.agreements.gate import KEY
from accounts.requests import CustomerRequest
from microflight.core.limits import client_ip
from policies.models import PolicyVersion


@never_cache
@login_required
def again(request: CustomerRequest) -> HttpResponse:
    """Show the texts that changed, and go on to the shop once they are agreed to."""
    offer = services.due_again(request.user)
    form = AgainForm(request.POST if request.method == "POST" else None, offer=offer)
    if offer.versions and not form.is_valid():
        wanted = _wanted(request, "/")
        due = services.beside_last(request.user, offer)
        context = {"form": form, "due": due, "next": wanted}
        return render(request, "agreements/again.html", context)
    if offer.versions:
        services.agree_again(request.user, offer, address=client_ip(request))
        messages.success(request, "Thank you. Your agreement is recorded.")
    request.session.pop(KEY, None)
    return redirect(_wanted(request, "/"))


@login_required
@require_POST
def seen(request: CustomerRequest) -> HttpResponse:
    """Put the banner away, and show the text where that was asked for."""
    wanted = request.POST.get("version", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else 0
    version = get_object_or_404(PolicyVersion.objects.published().select_related("policy"), pk=pk)
    news.mark_seen(request.user, [version.pk])
    if "read" in request.POST:
        return redirect(version)
    return redirect(_wanted(request, "/"))


def _wanted(request: HttpRequest, otherwise: str) -> str:
    """Return the page of this shop to go on to."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else otherwise
