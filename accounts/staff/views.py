"""The page of an invitation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.forms import SetPasswordForm
from accounts.staff import invitations
from microflight.core.limits import client_network, within_limit

ATTEMPTS_PER_HOUR = 30  # of a network


@never_cache
def accept_invitation(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Let an invited person choose a password. A link that fails says nothing about accounts."""
    who = client_network(request)
    allowed = within_limit("staff-invitation", who=who, most=ATTEMPTS_PER_HOUR, seconds=3600)
    user = invitations.invited(pk, token) if allowed else None
    if user is None:
        return render(request, "staff/invitation.html", {"form": None}, status=404)
    form = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        invitations.accept(user, password=form.cleaned_data["password1"])
        messages.success(request, _("Password saved. Log in to open the admin."))
        return redirect("admin:index")
    return render(request, "staff/invitation.html", {"form": form})
