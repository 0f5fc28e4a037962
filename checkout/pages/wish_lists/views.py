"""Wish lists in the account, and the page of a shared one. All actions are plain forms."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import CustomerRequest
from catalog.back_in_stock.services import visible_products
from catalog.models import Product
from catalog.wish_lists import items, services
from catalog.wish_lists.models import Line, WishList
from checkout.basket.services import CartError, add_records, orderable_records
from checkout.pages.basket_middleware import open_basket
from checkout.pages.cart.views import confirm_add
from checkout.pages.wish_lists.forms import WishListForm
from microflight.core.errors import ServiceError
from microflight.core.local_urls import next_url

_PENDING = "wish_list_product"  # session key: what a guest wanted to add


@login_required
def index(request: CustomerRequest) -> HttpResponse:
    """List the customer's wish lists; POST creates one.

    Adds the product that the customer chose before logging in.
    """
    pending = request.session.pop(_PENDING, 0)
    if product := visible_products().filter(pk=pending).first():
        return redirect(_add(request, product) or "account_wish_lists:list")
    form = WishListForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect(services.create(user=request.user, name=form.cleaned_data["name"]))
        except ServiceError as error:
            form.add_error("name", list(error.texts))
    lists = WishList.objects.filter(owner=request.user).annotate(size=Count("lines"))
    context = {"form": form, "wish_lists": lists.order_by("-date_created")}
    return render(request, "wish_lists/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a product, or its variant in the form, to the newest list, and return to the page.

    A guest is sent to the login page first.
    """
    variant = request.POST.get("variant", "")
    is_id = variant.isascii() and variant.isdigit() and len(variant) < 10
    product = get_object_or_404(visible_products(), pk=int(variant) if is_id else pk)
    if request.method != "POST":
        return confirm_add(request, product, _("Add to wish list"))
    if not request.user.is_authenticated:
        request.session[_PENDING] = product.pk
        text = _("Log in or create an account, and we add %(product)s to your wish list.")
        messages.info(request, text % {"product": product.get_title()})
        query = urlencode({"next": reverse("account_wish_lists:list")})
        return redirect(f"{reverse('account_login')}?{query}")
    wish_list = _add(request, product)
    fallback = wish_list.get_absolute_url() if wish_list else reverse("account_wish_lists:list")
    anchor = f"#product-{pk}" if "card" in request.POST else ""
    return redirect(next_url(request, fallback) + anchor)


def _add(request: Any, product: Product) -> WishList | None:
    """Add a product, and say so; None with a message if the list is full."""
    try:
        wish_list = services.add(user=request.user, product=product)
    except ServiceError as error:
        messages.error(request, " ".join(error.texts))
        return None
    text = _("%(product)s is on your wish list “%(list)s”.")
    messages.success(request, text % {"product": product.get_title(), "list": wish_list.name})
    return wish_list


def _own(request: CustomerRequest, pk: int) -> WishList:
    return get_object_or_404(WishList, owner=request.user, pk=pk)


@login_required
def detail(request: CustomerRequest, pk: int) -> HttpResponse:
    """Show a list of the customer; POST renames it."""
    wish_list = _own(request, pk)
    form = WishListForm(request.POST or None, initial={"name": wish_list.name})
    if form.is_valid():
        wish_list.name = form.cleaned_data["name"]
        wish_list.save(update_fields=["name"])
        messages.success(request, _("Name saved."))
        return redirect(wish_list)
    others = WishList.objects.filter(owner=request.user).exclude(pk=pk)
    context: dict[str, Any] = {"wish_list": wish_list, "form": form, "others": others}
    context["items"] = items.read(wish_list)
    status = 422 if form.errors else 200
    return render(request, "wish_lists/detail.html", context, status=status)


@login_required
@require_POST
def share(request: CustomerRequest, pk: int) -> HttpResponse:
    """Share a list by a link, or with `stop` in the form, stop that."""
    wish_list = _own(request, pk)
    if "stop" in request.POST:
        wish_list.stop_sharing()
        messages.success(request, _("The link no longer works."))
    else:
        wish_list.share()
        messages.success(request, _("Anyone who has the link can see this list."))
    return redirect(wish_list)


@login_required
@require_POST
def remove(request: CustomerRequest, pk: int) -> HttpResponse:
    """Delete a list."""
    wish_list = _own(request, pk)
    wish_list.delete()
    messages.success(request, _("Wish list “%(name)s” deleted.") % {"name": wish_list.name})
    return redirect("account_wish_lists:list")


def _lines(wish_list: WishList, pk: str) -> Any:
    """Return the line with this ID of a list, or none."""
    is_id = pk.isascii() and pk.isdigit() and len(pk) < 18
    return wish_list.lines.select_related("product").filter(pk=int(pk) if is_id else 0)


@login_required
@require_POST
def change_line(request: CustomerRequest, pk: int) -> HttpResponse:
    """Remove the line `remove` from a list, or move the line `move` to the list `to`."""
    wish_list = _own(request, pk)
    for line in _lines(wish_list, request.POST.get("remove", "")):
        line.delete()
        messages.success(request, _("Removed: %(product)s.") % {"product": line.get_title()})
    for line in _lines(wish_list, request.POST.get("move", "")):
        to = request.POST.get("to", "")
        is_id = to.isascii() and to.isdigit() and len(to) < 18
        target = _own(request, int(to) if is_id else 0)
        try:
            services.move(user=request.user, line=line, to=target)
        except ServiceError as error:
            messages.error(request, " ".join(error.texts))
            continue
        text = _("Moved to “%(list)s”: %(product)s.")
        messages.success(request, text % {"list": target.name, "product": line.get_title()})
    return redirect(wish_list)


@login_required
@require_POST
def move_to_cart(request: CustomerRequest, pk: int) -> HttpResponse:
    """Move the line `line`, or all that can be ordered, to the cart; say what stays and why."""
    wish_list = _own(request, pk)
    line = request.POST.get("line")
    lines = wish_list.lines.select_related("product") if line is None else _lines(wish_list, line)
    try:
        moved, reasons = _move(request, lines)
    except CartError as error:
        messages.error(request, str(error))
        return redirect(wish_list)
    if moved:
        text = ngettext(
            "Moved %(n)s product to your cart.", "Moved %(n)s products to your cart.", moved
        )
        messages.success(request, text % {"n": moved})
    for reason in reasons:
        messages.warning(request, reason)
    return redirect(wish_list if reasons or not moved else "basket:summary")


@transaction.atomic
def _move(request: CustomerRequest, rows: QuerySet[Line]) -> tuple[int, list[str]]:
    """Move lines to the cart; return how many, and for the others why not."""
    lines = list(rows.select_for_update(of=("self",)))  # two clicks move them once
    records = orderable_records([line.product_id for line in lines if line.product_id])
    found = [line for line in lines if (line.product_id or 0) in records]
    wanted = [(records[line.product_id or 0], line.quantity) for line in found]
    errors = add_records(basket=open_basket(request), wanted=wanted, user=request.user)
    moved = [line.pk for line, error in zip(found, errors, strict=True) if not error]
    Line.objects.filter(pk__in=moved).delete()
    reasons = dict(zip((line.pk for line in found), errors, strict=True))
    return len(moved), [
        f"{line.get_title()}: {reasons.get(line.pk) or _('This product cannot be ordered.')}"
        for line in lines
        if line.pk not in moved
    ]


@never_cache
@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """Show a shared list to anyone who has its link; 404 once it is private again."""
    if "\0" in key:  # PostgreSQL accepts no NUL
        raise Http404
    wish_list = get_object_or_404(WishList, key=key, visibility=WishList.SHARED)
    context = {"wish_list": wish_list, "items": items.read(wish_list)}
    response = render(request, "wish_lists/shared.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
