"""The account pages: what a customer keeps with us. Orders are shown by checkout/order."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from oscar.apps.address.models import UserAddress

from accounts.forms import AddressForm, ProfileForm
from accounts.requests import CustomerRequest


@never_cache
@login_required
def summary(request: CustomerRequest) -> HttpResponse:
    """Show who is logged in, where parcels go, and the ways to everything else."""
    address = UserAddress.objects.filter(user=request.user, is_default_for_shipping=True)
    found = address.select_related("country").first()
    return render(request, "accounts/summary.html", {"address": found})


@never_cache
@login_required
def profile(request: CustomerRequest) -> HttpResponse:
    """Change the name; e-mail address and password have their own, safer pages."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.")
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
    """Add an address, or change one of one's own."""
    if pk is None:
        address = UserAddress(user=request.user)
    else:
        address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    form = AddressForm(request.POST or None, address=address)
    if form.is_valid():
        form.save()
        messages.success(request, "The address is saved.")
        return redirect("customer:address-list")
    return render(request, "accounts/address_edit.html", {"form": form, "address": address})


@never_cache
@login_required
def address_delete(request: CustomerRequest, pk: int) -> HttpResponse:
    """Ask, then remove an address. Orders keep their own copy."""
    address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    if request.method == "POST":
        address.delete()
        messages.success(request, "The address is removed.")
        return redirect("customer:address-list")
    return render(request, "accounts/address_delete.html", {"address": address})


@login_required
@require_POST
@transaction.atomic
def address_default(request: CustomerRequest, pk: int) -> HttpResponse:
    """Make an address the one that the checkout offers first."""
    address = get_object_or_404(UserAddress, pk=pk, user=request.user)
    address.is_default_for_shipping = True
    address.save()
    messages.success(request, "This is now your usual address.")
    return redirect("customer:address-list")
