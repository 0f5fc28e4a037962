"""Customers review products that were shipped to them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.requests import CustomerRequest
from accounts.users.models import User
from catalog.models import Product
from catalog.reviews.models import ProductReview
from checkout.order.models import ShippingEventQuantity
from checkout.pages.reviews.forms import ReviewForm


def bought_products(user: User) -> set[int]:
    """Return the products, not variants, of which the account received at least one unit; a kit
    counts as soon as one of its components was received."""
    shipped = ShippingEventQuantity.objects.filter(event__order__user=user)
    products = shipped.values_list("line__product", "line__product__parent")
    kits = shipped.values_list("line__kit__product", "line__kit__product__parent")
    return {parent or product for product, parent in products.union(kits) if product}


@login_required
def index(request: CustomerRequest) -> HttpResponse:
    """List what the customer can review, with the state of each review."""
    written = Q(reviews__user=request.user)
    wanted = Product.objects.with_pages().filter(Q(pk__in=bought_products(request.user)) | written)
    reviews = {each.product_id: each for each in ProductReview.objects.filter(user=request.user)}
    rows = [(product, reviews.get(product.pk)) for product in wanted.distinct().order_by("title")]
    return render(request, "reviews/list.html", {"rows": rows})


@login_required
@transaction.atomic
def write(request: CustomerRequest, pk: int) -> HttpResponse:
    """Write or change the review of a product; staff then approve it again."""
    product = get_object_or_404(Product.objects.with_pages(), pk=pk)
    if request.method == "POST":  # two clicks write one review
        list(User.objects.select_for_update(no_key=True).filter(pk=request.user.pk))
    review = ProductReview.objects.filter(product=product, user=request.user).first()
    if review is None and pk not in bought_products(request.user):
        return render(request, "reviews/not_bought.html", {"product": product}, status=403)
    review = review or ProductReview(product=product, user=request.user)
    form = ReviewForm(request.POST or None, instance=review)
    if form.is_valid():
        review.status, review.decline_reason = ProductReview.FOR_MODERATION, ""
        form.save()
        messages.success(request, _("Thanks. Your review appears once we have read it."))
        return redirect("account_reviews:list")
    context = {"form": form, "product": product, "review": review}
    return render(request, "reviews/write.html", context, status=422 if form.errors else 200)
