"""Cancelling an order and sending things back, for whoever holds the order's link. An account's
own order page leads here by the same link."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.users.models import User
from checkout.order.links import is_status_token
from checkout.order.models import Order
from checkout.returns import services
from checkout.returns.forms import AskForm, CancelForm, WithdrawForm
from checkout.returns.models import Return, ReturnPicture
from checkout.returns.services import ReturnError
from checkout.returns.states import RETURN, ReturnState
from checkout.returns.story import LOOKS, steps_of, why_not_cancel
from checkout.returns.window import returnable
from microflight.core.forms import mark_first_error
from microflight.core.limits import client_ip, within_limit

_TOO_OFTEN = "Too many tries for now. Please wait an hour, or call us."

View = Callable[..., HttpResponseBase]


def by_link(view: View) -> View:
    """Open a view of an order to whoever holds its link; to anybody else there is nothing."""

    @wraps(view)
    def wrapped(request: HttpRequest, number: str, token: str, **rest: Any) -> HttpResponseBase:
        if not is_status_token(number, token):
            raise Http404
        order = get_object_or_404(Order, number=number)
        response = view(request, order, token, **rest)
        response["X-Robots-Tag"] = "noindex"
        return response

    return never_cache(wrapped)


def _asker(request: HttpRequest, order: Order) -> User | None:
    """The account whose order it is, where its owner is logged in."""
    user = request.user
    return user if isinstance(user, User) and user.pk == order.user_id else None


def _show(
    request: HttpRequest, name: str, order: Order, token: str, code: int = 200, **context: Any
) -> HttpResponse:
    context |= {"order": order, "token": token, "window_days": settings.RETURN_WINDOW_DAYS}
    return render(request, f"returns/{name}.html", context, status=code)


def _too_often(request: HttpRequest, what: str, most: int) -> bool:
    return not within_limit(what, who=client_ip(request), most=most, seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def cancel(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Ask once more, then cancel an order of which nothing has left."""
    form = CancelForm(request.POST or None)
    if request.method != "POST":
        sentence = why_not_cancel(order)
        return _show(request, "cancel", order, token, form=form, why_not=sentence)
    if form.is_valid():
        if _too_often(request, "cancel-order", 20):
            form.add_error(None, _TOO_OFTEN)
            return _show(request, "cancel", order, token, 429, form=form)
        try:
            services.cancel_by_customer(order=order, why=form.cleaned_data["why"])
        except ReturnError as error:
            form.add_error(None, str(error))
            return _show(request, "cancel", order, token, 409, form=form)
        messages.success(request, f"Order {order.number} is cancelled.")
        return redirect("orders:status", order.number, token)
    return _show(request, "cancel", order, token, 422, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def ask(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Choose what comes back and why, then ask for it."""
    lines = returnable(order)
    form = AskForm(lines=lines)
    code = 200
    if request.method == "POST":
        code = 422
        if _too_often(request, "ask-return", 20):  # before anybody's pictures are unpacked
            form = AskForm(request.POST, lines=lines)
            form.add_error(None, _TOO_OFTEN)
            code = 429
        else:
            form = AskForm(request.POST, request.FILES, lines=lines)
            if made := _asked(request, order, form):
                messages.success(request, "We have your request, and answer by e-mail.")
                return redirect("returns:page", order.number, token, made.nth)
    mark_first_error(form)
    others = [each for each in lines if not each.pieces]
    return _show(request, "ask", order, token, code, form=form, others=others)


def _asked(request: HttpRequest, order: Order, form: AskForm) -> Return | None:
    """The return that was made of a form, or nothing, with what is wrong in the form."""
    if not form.is_valid():
        return None
    try:
        return services.ask(
            order=order,
            wanted=form.wanted(),
            why=form.cleaned_data["why"],
            pictures=form.cleaned_data["pictures"],
            by=_asker(request, order),
        )
    except ReturnError as error:
        form.add_error(None, str(error))
        return None


@require_safe
@by_link
def page(request: HttpRequest, order: Order, token: str, nth: int) -> HttpResponse:
    """Show a return with every step of it."""
    ret = get_object_or_404(Return, order=order, nth=nth)
    return _show(
        request, "page", order, token, ret=ret,
        state=ReturnState(ret.state), look=LOOKS.get(ret.state, "good"),
        lines=ret.lines.select_related("line"), pictures=ret.pictures.all(),
        steps=steps_of(ret), may_withdraw=RETURN.allows(ret.state, ReturnState.WITHDRAWN),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def withdraw(request: HttpRequest, order: Order, token: str, nth: int) -> HttpResponse:
    """Ask once more, then end a return of which nothing has come."""
    ret = get_object_or_404(Return, order=order, nth=nth)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(ret=ret, why=form.cleaned_data["why"], by=_asker(request, order))
        except ReturnError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Return {ret.number} is withdrawn. Keep the goods.")
        return redirect("returns:page", order.number, token, nth)
    may = RETURN.allows(ret.state, ReturnState.WITHDRAWN)
    return _show(request, "withdraw", order, token, ret=ret, form=form, may_withdraw=may)


@require_safe
@by_link
def picture(request: HttpRequest, order: Order, token: str, nth: int, key: str) -> HttpResponseBase:
    """Hand out one picture of a return."""
    found = get_object_or_404(ReturnPicture, key=key, parent__order=order, parent__nth=nth)
    return serve(found)


def serve(found: ReturnPicture) -> FileResponse:
    """Return a picture as an answer; the caller is a view that nobody caches. Raises Http404
    where the file is gone, as after a restore of the database alone."""
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(file, content_type="image/jpeg")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
