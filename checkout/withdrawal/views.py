"""Withdraw from a contract in two steps, with the order's secret link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.order.links import with_secret_link
from checkout.order.models import Order
from checkout.returns.views import TOO_MANY_ATTEMPTS
from checkout.withdrawal.forms import WithdrawItemsForm
from checkout.withdrawal.models import Withdrawal
from checkout.withdrawal.period import withdrawal_options
from checkout.withdrawal.services import WithdrawalError, declare
from microflight.core.forms import mark_first_error
from microflight.core.limits import client_network, within_limit


@require_http_methods(["GET", "HEAD", "POST"])
@with_secret_link
def withdraw(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Choose items; then confirm, which needs no reason."""
    options = withdrawal_options(order)
    form = WithdrawItemsForm(request.POST or None, options=options)
    status = 200
    if request.method == "POST" and _is_repeated(form, order):
        return redirect("orders:status", order.number, token)
    if request.method == "POST" and options:
        status = 422
        if form.is_valid():
            if not form.cleaned_data["confirmed"]:
                return _render(request, "confirm", order, token, form)
            if _declare(request, order, form):
                return redirect("orders:status", order.number, token)
            status = 409
    mark_first_error(form)
    return _render(request, "choose", order, token, form, status)


def _is_repeated(form: WithdrawItemsForm, order: Order) -> bool:
    """Tell whether this form was sent before, for example by a double click."""
    form.is_valid()
    key = form.cleaned_data.get("key")
    return key is not None and Withdrawal.objects.filter(order=order, key=key).exists()


def _declare(request: HttpRequest, order: Order, form: WithdrawItemsForm) -> bool:
    """Record the withdrawal, which a job settles; return False with an error in the form."""
    if not within_limit("withdraw", who=client_network(request), most=20, seconds=3600):
        form.add_error(None, TOO_MANY_ATTEMPTS)
        return False
    try:
        declare(
            order=order,
            quantities=form.quantities(),
            key=form.cleaned_data["key"],
            channel=Withdrawal.Channel.LINK,
        )
    except WithdrawalError as error:
        form.add_error(None, str(error))
        return False
    messages.success(
        request, _("We received your withdrawal. Its receipt with date and time is on the way.")
    )
    return True


def _render(
    request: HttpRequest,
    name: str,
    order: Order,
    token: str,
    form: WithdrawItemsForm,
    status: int = 200,
) -> HttpResponse:
    context = {"order": order, "token": token, "form": form, "options": form.options}
    return render(request, f"withdrawal/{name}.html", context, status=status)
