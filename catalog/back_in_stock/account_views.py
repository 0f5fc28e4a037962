"""The back-in-stock requests of an account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import CustomerRequest
from catalog.back_in_stock import services
from catalog.back_in_stock.models import BackInStockRequest


@never_cache
@require_safe
@login_required
def request_list(request: CustomerRequest) -> HttpResponse:
    """List the account's open requests, newest first."""
    own = BackInStockRequest.objects.of(request.user).requested().select_related("product__parent")
    context = {"stock_requests": own.order_by("-requested_at")}
    return render(request, "back_in_stock/account_list.html", context)


@login_required
@require_POST
def request_cancel(request: CustomerRequest, pk: int) -> HttpResponse:
    """Cancel one request; 404 for another customer's."""
    if not BackInStockRequest.objects.of(request.user).filter(pk=pk).exists():
        raise Http404("There is no such request.")
    services.cancel(user=request.user, pk=pk)
    messages.success(request, _("You won't be notified about this product."))
    return redirect("account_back_in_stock:list")
