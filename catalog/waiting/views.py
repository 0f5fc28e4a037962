"""Ask to be told, prove the address, end it. Everything works as a plain form."""

import hashlib
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from catalog.models import Product
from catalog.waiting import links, services
from catalog.waiting.forms import AskForm, askable
from catalog.waiting.models import Asking
from microflight.core.limits import client_ip, within_limit

if TYPE_CHECKING:
    from accounts.users.models import User

SENT = (
    "Please look into your mail: there is a link that confirms your address. If nothing comes "
    "within some minutes, look into the spam folder."
)
NOTED = "We will write to {} when it is back."
TOO_OFTEN = "Too many tries for now. Please wait an hour, or call us."
HOUR, DAY = 3600, 86_400
MOST_FROM_ONE_PLACE = 20  # in an hour
MOST_TO_ONE_ADDRESS = 5  # letters in a day; beyond, the answer is the same


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Note who waits for a product. The answer is the same for known and unknown addresses."""
    own = services.proved_address(request.user)
    data = request.POST or None
    form = AskForm(data, own_address=own, initial={"product": request.GET.get("product")})
    if not form.is_valid():
        return _ask_again(request, form, own, 422 if form.is_bound else 200)
    if not within_limit(
        "ask-stock", who=client_ip(request), most=MOST_FROM_ONE_PLACE, seconds=HOUR
    ):
        form.add_error(None, TOO_OFTEN)
        return _ask_again(request, form, own, 429)
    product = form.cleaned_data["product"]
    if own:
        user = cast("User", request.user)
        services.ask(product=product, email=own, user=user, proved=True)
        messages.success(request, NOTED.format(own))
    else:
        _ask_for_proof(product, form.cleaned_data["email"].lower())
        messages.info(request, SENT)
    return redirect((product.parent or product).get_absolute_url())


def _ask_for_proof(product: Product, email: str) -> None:
    who = hashlib.sha256(email.encode()).hexdigest()[:32]  # no addresses in the cache
    if within_limit("ask-stock-to", who=who, most=MOST_TO_ONE_ADDRESS, seconds=DAY):
        services.ask(product=product, email=email, proved=False)


def _ask_again(request: HttpRequest, form: AskForm, own: str, status: int) -> HttpResponse:
    """The form on a page of its own, with what is wrong; 404 where no product is meant."""
    product = _product(str(form["product"].value() or ""))
    if product is None:
        raise Http404("There is no such product.")
    context: dict[str, Any] = {"form": form, "product": product, "own": own}
    return render(request, "waiting/ask.html", context, status=status)


def _product(text: str) -> Product | None:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return askable().filter(pk=int(text)).first()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """Prove an address by its link: the page asks, the button does it. Mail scanners open links."""
    try:
        pk = links.proved(token)
    except links.LinkExpired:
        return _said(request, "expired", status=410)
    if pk is None:
        raise Http404("This is not one of our links.")
    asking = Asking.objects.select_related("product__parent").filter(pk=pk).first()
    if request.method != "POST":
        return _said(request, "prove", product=asking.product if asking else None)
    if services.confirm(pk) is None or asking is None:
        return _said(request, "expired", 410)
    return _said(request, "proved", product=asking.product)


@never_cache
@csrf_exempt  # mail programs send this by themselves (RFC 8058); the signed link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, token: str) -> HttpResponse:
    """End all that an address waits for: the page asks, the button does it."""
    pk = links.ended(token)
    if pk is None:
        raise Http404("This is not one of our links.")
    if request.method != "POST":
        return _said(request, "end")
    services.end_all_with(pk)
    return _said(request, "ended")


def _said(
    request: HttpRequest, step: str, status: int = 200, product: Product | None = None
) -> HttpResponse:
    context = {"step": step, "product": product}
    response = render(request, "waiting/step.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
