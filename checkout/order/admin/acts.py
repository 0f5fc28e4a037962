"""The pages on which staff ship, cancel, refund and note: ask first, act on POST, once."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from checkout.order.admin.forms import CancelForm, DeskForm, NoteForm, RefundForm, ShipForm
from checkout.order.admin.piece_forms import CancelPiecesForm, TakePaymentForm
from checkout.order.desk import DeskError
from checkout.order.models import Order

if TYPE_CHECKING:
    from accounts.users.models import User

F = TypeVar("F", bound=DeskForm)

#: By the word in their address.
ACTS: dict[str, type[DeskForm]] = {
    "ship": ShipForm,
    "refund": RefundForm,
    "take": TakePaymentForm,
    "pieces": CancelPiecesForm,
    "cancel": CancelForm,
    "note": NoteForm,
}

#: How long a page that was submitted is remembered, in seconds.
ONCE_FOR = 24 * 60 * 60
SENT_BEFORE = (
    "This page was sent before and did nothing this time. See below what the first time did; if "
    "that is nothing, open the page again."
)


def possible_acts(request: HttpRequest, order: Order) -> list[tuple[str, str]]:
    """Return what this member of staff may do to this order now, as (address, title)."""
    return [
        (name, form.title)
        for name, form in ACTS.items()
        if request.user.has_perm(form.right) and form.possible(order)
    ]


def act(request: HttpRequest, model_admin: admin.ModelAdmin, pk: int, name: str) -> HttpResponse:
    """Ask for what an act needs (GET), or do it and return to the order (POST)."""
    kind = chosen(request, model_admin, ACTS, name)
    order = get_object_or_404(Order.objects.prefetch_related("attempts"), pk=pk)
    page = reverse("admin:order_order_change", args=[pk])
    if not kind.possible(order):
        messages.error(request, f"{kind.title}: not possible for an order in this state.")
        return HttpResponseRedirect(page)
    return ask_or_do(request, model_admin, kind(request.POST or None, order=order), page)


def chosen(
    request: HttpRequest, model_admin: admin.ModelAdmin, kinds: Mapping[str, type[F]], name: str
) -> type[F]:
    """Return the form of an act by its name. Raises Http404, and PermissionDenied."""
    kind = kinds.get(name)
    if kind is None:
        raise Http404
    if not (model_admin.has_view_permission(request) and request.user.has_perm(kind.right)):
        raise PermissionDenied
    return kind


def ask_or_do(
    request: HttpRequest, model_admin: admin.ModelAdmin, form: DeskForm, page: str
) -> HttpResponse:
    """Show the form of an act, or do it and return to the page of what it acts on."""
    if request.method == "POST" and form.is_valid() and _do(request, model_admin, form):
        return HttpResponseRedirect(page)
    return _ask(request, model_admin, form, page)


def _do(request: HttpRequest, model_admin: admin.ModelAdmin, form: DeskForm) -> bool:
    """Perform the act; True when the page of its subject is to be shown, False when staff must
    look at the form again. A page that is sent twice acts once."""
    page = request.POST.get("once", "")[:36]
    once = f"desk-once:{request.user.pk}:{form.order.pk}:{form.right}:{page}"
    if not cache.add(once, 1, ONCE_FOR):
        # done, being done, or begun by a process that died
        messages.info(request, SENT_BEFORE)
        return True
    try:
        done = form.perform(cast("User", request.user))
    except Exception as problem:
        cache.delete(once)  # nothing was done: the same page may be sent again
        if not isinstance(problem, DeskError):
            raise
        form.add_error(None, str(problem))
        return False
    model_admin.log_change(request, form.subject, f"{form.title}: {done}")
    messages.success(request, done)
    return True


def _ask(
    request: HttpRequest, model_admin: admin.ModelAdmin, form: DeskForm, page: str
) -> HttpResponse:
    opts = model_admin.opts
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": form.title,
        "subtitle": form.subject_name,
        "opts": opts,
        "list": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
        "form": form,
        "back": page,
        "once": uuid.uuid4(),
    }
    return TemplateResponse(request, "admin/order/order/act.html", context)
