"""Ask a question about a product."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.email_addresses import verified_email
from catalog.models import Product
from catalog.reviews import services
from catalog.reviews.forms import QuestionForm
from microflight.core.limits import client_network, within_limit

_MAX_PER_HOUR = 5  # questions from one network


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form; POST stores a question for staff and returns to the product."""
    product = get_object_or_404(Product.objects.with_pages(), pk=pk)
    own, status = verified_email(request.user), 200
    form = QuestionForm(request.POST or None, own_email=own)
    if form.is_valid():
        who = client_network(request)
        if within_limit("question", who=who, most=_MAX_PER_HOUR, seconds=3600):
            user: Any = request.user if own else None
            text, email = form.cleaned_data["text"], own or form.cleaned_data["email"]
            services.ask(product=product, text=text, email=email, user=user)
            messages.success(request, _("Thanks. We email you our answer."))
            return redirect(product)
        form.add_error(None, _("Too many questions. Please try again in an hour, or email us."))
        status = 429
    elif form.is_bound:
        status = 422
    context = {"form": form, "product": product}
    return render(request, "reviews/ask.html", context, status=status)
