"""Subscribe, confirm the email, cancel. All of them are plain forms."""

import hashlib
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.email_addresses import normalize_email, verified_email
from catalog.back_in_stock import links, services
from catalog.back_in_stock.forms import SubscribeForm
from catalog.back_in_stock.models import BackInStockRequest
from catalog.models import Product
from microflight.core.errors import LinkExpired
from microflight.core.limits import client_network, within_limit

if TYPE_CHECKING:
    from accounts.users.models import User

CHECK_EMAIL = _(
    "Check your email for a link to confirm your address. If it doesn't arrive within a few "
    "minutes, check your spam folder."
)
TOO_MANY = _("Too many attempts. Please try again in an hour, or call us.")
HOUR, DAY = 3600, 86_400
MAX_PER_IP = 20  # in an hour
MAX_PER_EMAIL = 5  # emails in a day; the answer to more attempts is the same


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Record a request. The answer is the same for known and unknown email addresses."""
    own = verified_email(request.user)
    data = request.POST or None
    form = SubscribeForm(data, own_email=own, initial={"product": request.GET.get("product")})
    if not form.is_valid():
        return _show_form(request, form, own, 422 if form.is_bound else 200)
    if not within_limit(
        "back-in-stock-ip", who=client_network(request), most=MAX_PER_IP, seconds=HOUR
    ):
        form.add_error(None, TOO_MANY)
        return _show_form(request, form, own, 429)
    product = form.cleaned_data["product"]
    if own:
        user = cast("User", request.user)
        services.subscribe(product=product, email=own, user=user, verified=True)
        message = gettext("We'll email %(email)s when it's back in stock.")
        messages.success(request, message % {"email": own})
    else:
        email = normalize_email(form.cleaned_data["email"])
        who = hashlib.sha256(email.encode()).hexdigest()[:32]  # no email addresses in the cache
        if within_limit("back-in-stock-email", who=who, most=MAX_PER_EMAIL, seconds=DAY):
            services.subscribe(product=product, email=email, verified=False)
        messages.info(request, CHECK_EMAIL)
    return redirect((product.parent or product).get_absolute_url())


def _show_form(request: HttpRequest, form: SubscribeForm, own: str, status: int) -> HttpResponse:
    """Return the form on its own page, with its errors; 404 without a product."""
    pk = str(form["product"].value() or "")
    product = None
    if pk.isascii() and pk.isdigit() and len(pk) < 10:
        product = services.requestable_products().filter(pk=int(pk)).first()
    if product is None:
        raise Http404("There is no such product.")
    context: dict[str, Any] = {"form": form, "product": product, "own": own}
    return render(request, "back_in_stock/subscribe.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an email by its link: a button does it, because mail scanners open links."""
    try:
        pk = links.read_confirm(token)
    except LinkExpired:
        return _show_step(request, "expired", status=410)
    if pk is None:
        raise Http404("This is not one of our links.")
    stock_request = BackInStockRequest.objects.select_related("product__parent").filter(pk=pk)
    found = stock_request.first()
    if request.method != "POST":
        return _show_step(request, "confirm", product=found.product if found else None)
    if services.confirm(pk) is None or found is None:
        return _show_step(request, "expired", 410)
    return _show_step(request, "confirmed", product=found.product)


@never_cache
@csrf_exempt  # email apps post this without a CSRF token (RFC 8058); the link is signed
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel all requests of an email address; a button does it."""
    pk = links.read_cancel(token)
    if pk is None:
        raise Http404("This is not one of our links.")
    if request.method != "POST":
        return _show_step(request, "cancel")
    services.cancel_all_of_request(pk)
    return _show_step(request, "cancelled")


def _show_step(
    request: HttpRequest, step: str, status: int = 200, product: Product | None = None
) -> HttpResponse:
    context = {"step": step, "product": product}
    response = render(request, "back_in_stock/step.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
