"""The account pages: name and addresses. Orders are shown by checkout/pages/orders."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from oscar.apps.address.models import UserAddress

from accounts.addresses import AddressFieldsMixin
from accounts.forms import AddressForm, ProfileForm
from accounts.requests import CustomerRequest


@never_cache
@login_required
def summary(request: CustomerRequest) -> HttpResponse:
    """Show the account overview with the default address."""
    address = UserAddress.objects.filter(user=request.user, is_default_for_shipping=True)
    found = address.select_related("country").first()
    return render(request, "accounts/summary.html", {"address": found})


@never_cache
@login_required
def profile(request: CustomerRequest) -> HttpResponse:
    """Edit the name; email address and password have allauth's pages."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Name saved."))
        return redirect("customer:profile")
    return render(request, "accounts/profile.html", {"form": form})


@never_cache
@login_required
def address_list(request: CustomerRequest) -> HttpResponse:
    """List the address book, the default first."""
    book = UserAddress.objects.filter(user=request.user).select_related("country")
    ordered = book.order_by("-is_default_for_shipping", "-date_created")
    return render(request, "accounts/address_list.html", {"addresses": ordered})


@never_cache
@login_required
def address_edit(request: CustomerRequest, pk: int | None = None) -> HttpResponse:
    """Add an address, or edit one of the customer's own."""
    if pk is None:
        address = UserAddress(user=request.user)
    else:
        address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    form = AddressForm(request.POST or None, address=address)
    if form.is_valid():
        form.save()
        messages.success(request, _("Address saved."))
        return redirect("customer:address-list")
    return render(request, "accounts/address_edit.html", {"form": form, "address": address})


@never_cache
@require_POST
def address_check(request: HttpRequest) -> HttpResponse:
    """Return the errors of an address being typed, by field; without those that are still empty."""
    form = AddressFieldsMixin(request.POST)
    typed = {name: bool(form[name].value()) for name in ("province", "postcode", "phone")}
    typed["postcode_as_typed"] = typed["postcode"]
    errors = {name: list(form.errors.get(name, [])) if typed[name] else [] for name in typed}
    return JsonResponse({"errors": errors})


@never_cache
@login_required
def address_delete(request: CustomerRequest, pk: int) -> HttpResponse:
    """Confirm, then delete an address. Orders keep their own copy."""
    address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    if request.method == "POST":
        address.delete()
        messages.success(request, _("Address deleted."))
        return redirect("customer:address-list")
    return render(request, "accounts/address_delete.html", {"address": address})


@login_required
@require_POST
@transaction.atomic
def address_default(request: CustomerRequest, pk: int) -> HttpResponse:
    """Make this the default shipping address."""
    address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    address.is_default_for_shipping = True
    address.save()
    messages.success(request, _("This is now your default address."))
    return redirect("customer:address-list")
