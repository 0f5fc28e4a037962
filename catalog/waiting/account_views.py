"""What an account waits for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import CustomerRequest
from catalog.waiting import services
from catalog.waiting.models import Asking


@never_cache
@require_safe
@login_required
def asking_list(request: CustomerRequest) -> HttpResponse:
    """List what the account waits for, the newest first."""
    found = Asking.objects.of(request.user).waiting().select_related("product__parent")
    return render(request, "waiting/account_list.html", {"askings": found.order_by("-asked_at")})


@login_required
@require_POST
def asking_end(request: CustomerRequest, pk: int) -> HttpResponse:
    """End one wish. Somebody else's is not found."""
    if not Asking.objects.of(request.user).filter(pk=pk).exists():
        raise Http404("There is no such wish.")
    services.end_one(user=request.user, pk=pk)
    messages.success(request, "You will not be told of it.")
    return redirect("account_waiting:list")
