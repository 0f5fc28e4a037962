"""Pages on which customers cancel an order, or request and follow a return.

They open with the order's secret link, which emails and the account's order page contain.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.users.models import User
from checkout.order.links import with_secret_link
from checkout.order.models import Order
from checkout.returns import services
from checkout.returns.forms import CancelForm, ReturnRequestForm
from checkout.returns.models import Return, ReturnPhoto
from checkout.returns.services import ReturnError
from checkout.returns.states import RETURN, ReturnState
from checkout.returns.timeline import chip, not_cancellable_reason, timeline
from checkout.returns.window import returnable
from microflight.core.forms import mark_first_error
from microflight.core.limits import client_network, within_limit

TOO_MANY_ATTEMPTS = gettext_lazy("Too many attempts. Please try again in an hour, or call us.")


def _order_owner(request: HttpRequest, order: Order) -> User | None:
    """Return the logged-in user if the order belongs to them."""
    user = request.user
    return user if isinstance(user, User) and user.pk == order.user_id else None


def _render(
    request: HttpRequest, name: str, order: Order, token: str, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"order": order, "token": token, "window_days": settings.RETURN_WINDOW_DAYS}
    return render(request, f"returns/{name}.html", context, status=status)


def _is_limited(request: HttpRequest, action: str) -> bool:
    """Allow 20 attempts per hour and IP address."""
    return not within_limit(action, who=client_network(request), most=20, seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
@with_secret_link
def cancel_order(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Ask for confirmation, then cancel an order that has not shipped."""
    form = CancelForm(request.POST or None)
    if request.method != "POST":
        reason = not_cancellable_reason(order)
        return _render(
            request, "cancel_order", order, token, form=form, not_cancellable_reason=reason
        )
    if form.is_valid():
        if _is_limited(request, "cancel-order"):
            form.add_error(None, TOO_MANY_ATTEMPTS)
            return _render(request, "cancel_order", order, token, 429, form=form)
        try:
            services.cancel_by_customer(order=order, note=form.cleaned_data["note"])
        except ReturnError as error:
            form.add_error(None, str(error))
            return _render(request, "cancel_order", order, token, 409, form=form)
        messages.success(request, _("Order %(number)s cancelled.") % {"number": order.number})
        return redirect("orders:status", order.number, token)
    return _render(request, "cancel_order", order, token, 422, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@with_secret_link
def request_return(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Choose items to return, with reasons and photos."""
    lines = returnable(order)
    form = ReturnRequestForm(lines=lines)
    status = 200
    if request.method == "POST":
        status = 422
        if _is_limited(request, "request-return"):  # before any photo is decoded
            form = ReturnRequestForm(request.POST, lines=lines)
            form.add_error(None, TOO_MANY_ATTEMPTS)
            status = 429
        else:
            form = ReturnRequestForm(request.POST, request.FILES, lines=lines)
            if created := _create_request(request, order, form):
                messages.success(
                    request, _("We received your return request and will reply by email.")
                )
                return redirect("returns:detail", order.number, token, created.nth)
    mark_first_error(form)
    others = [each for each in lines if not each.quantity]
    return _render(request, "request", order, token, status, form=form, not_returnable=others)


def _create_request(request: HttpRequest, order: Order, form: ReturnRequestForm) -> Return | None:
    """Return the created request, or None with errors in the form."""
    if not form.is_valid():
        return None
    try:
        return services.request_return(
            order=order,
            items=form.requested_items(),
            note=form.cleaned_data["note"],
            photos=form.cleaned_data["photos"],
            by=_order_owner(request, order),
        )
    except ReturnError as error:
        form.add_error(None, str(error))
        return None


@require_safe
@with_secret_link
def detail(request: HttpRequest, order: Order, token: str, nth: int) -> HttpResponse:
    """Show a return with its history."""
    ret = get_object_or_404(Return, order=order, nth=nth)
    context: dict[str, Any] = {
        "ret": ret,
        "state": ReturnState(ret.state),
        "chip": chip(ret.state),
        "lines": ret.lines.with_options(),
        "photos": ret.photos.all(),
        "steps": timeline(ret),
        "can_cancel": RETURN.allows(ret.state, ReturnState.CANCELLED),
    }
    return _render(request, "detail", order, token, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_secret_link
def cancel_request(request: HttpRequest, order: Order, token: str, nth: int) -> HttpResponse:
    """Ask for confirmation, then cancel a return of which nothing has arrived."""
    ret = get_object_or_404(Return, order=order, nth=nth)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note, owner = form.cleaned_data["note"], _order_owner(request, order)
        try:
            services.cancel_request(ret=ret, note=note, by=owner)
        except ReturnError as error:
            messages.error(request, str(error))
        else:
            text = _("Return request %(number)s cancelled.") % {"number": ret.number}
            messages.success(request, text)
        return redirect("returns:detail", order.number, token, nth)
    can_cancel = RETURN.allows(ret.state, ReturnState.CANCELLED)
    return _render(
        request, "cancel_request", order, token, ret=ret, form=form, can_cancel=can_cancel
    )


@require_safe
@with_secret_link
def photo(request: HttpRequest, order: Order, token: str, nth: int, key: str) -> HttpResponseBase:
    found = get_object_or_404(ReturnPhoto, key=key, parent__order=order, parent__nth=nth)
    return serve_photo(found)


def serve_photo(row: ReturnPhoto) -> FileResponse:
    """Return a photo's file, for views that are never cached.

    Raises Http404 if the file is missing, such as after restoring only the database.
    """
    try:
        file = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    return response
