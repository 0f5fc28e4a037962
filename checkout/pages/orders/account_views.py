"""The orders of an account. Other customers' orders return 404."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import CustomerRequest
from checkout.order.models import Order
from checkout.pages.orders.views import CHIPS, order_context
from microflight.core.pagination import read_page

_PER_PAGE = 20


@never_cache
@require_safe
@login_required
def order_list(request: CustomerRequest) -> HttpResponse:
    """List the orders of the account, the newest first."""
    orders = Order.objects.placed_by(request.user).order_by("-date_placed", "-pk")
    pages = Paginator(orders.annotate(items=Sum("lines__quantity")), _PER_PAGE)
    page = read_page(pages, request)
    rows = [
        {"order": order, "state_label": order.state_label, "look": CHIPS.get(order.status, "good")}
        for order in page
    ]
    numbers = pages.get_elided_page_range(page.number)
    context = {"rows": rows, "page": page, "page_numbers": list(numbers), "base": "?"}
    return render(request, "orders/account_list.html", context)


@never_cache
@require_safe
@login_required
def order_detail(request: CustomerRequest, number: str) -> HttpResponse:
    """Show one order of the account, as its secret link does."""
    own = Order.objects.placed_by(request.user).select_related("shipping_address__country")
    order = get_object_or_404(own, number=number)
    return render(request, "orders/account_detail.html", order_context(order))
