"""Save a search, confirm the email, cancel, and the list in the account. All are plain forms."""

import hashlib
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.email_addresses import normalize_email, verified_email
from accounts.requests import CustomerRequest
from catalog.saved_searches import services
from catalog.saved_searches.forms import SaveForm
from catalog.saved_searches.links import LINKS
from catalog.saved_searches.matches import describe, list_url, normalize
from catalog.saved_searches.models import MAX_QUERY, SavedSearch
from microflight.core.errors import LinkExpired
from microflight.core.limits import client_network, within_limit

if TYPE_CHECKING:
    from accounts.users.models import User

HOUR, DAY = 3600, 86_400
MAX_PER_IP = 20  # in an hour
MAX_PER_EMAIL = 5  # emails in a day; the answer to more attempts is the same


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Save the search of the query string. The answer is the same for known and unknown emails."""
    own = verified_email(request.user)
    if request.method != "POST":
        form = SaveForm(own_email=own, initial={"query": normalize(request.GET)})
        return _show_form(request, form, own)
    form = SaveForm(request.POST, own_email=own)
    if not form.is_valid():
        return _show_form(request, form, own, 422)
    who = client_network(request)
    if not within_limit("saved-search-ip", who=who, most=MAX_PER_IP, seconds=HOUR):
        form.add_error(None, _("Too many attempts. Please try again in an hour."))
        return _show_form(request, form, own, 429)
    query = form.cleaned_data["query"]
    name = describe(query)
    if not own:
        _save_for_guest(normalize_email(form.cleaned_data["email"]), query, name)
        text = _("Check your email for a link to confirm your address, then you’re all set.")
        messages.info(request, text)
    elif _save_for_account(request, own, query, name):
        text = _("We’ll email %(email)s when something new matches this search.")
        messages.success(request, text % {"email": own})
    else:
        form.add_error(None, _("You have many saved searches. Delete one first."))
        return _show_form(request, form, own, 422)
    return redirect(list_url(query))


def _save_for_account(request: HttpRequest, own: str, query: str, name: str) -> bool:
    user = cast("User", request.user)
    return bool(services.save(query=query, name=name, email=own, user=user, verified=True))


def _save_for_guest(email: str, query: str, name: str) -> None:
    who = hashlib.sha256(email.encode()).hexdigest()[:32]  # no email addresses in the cache
    if within_limit("saved-search-email", who=who, most=MAX_PER_EMAIL, seconds=DAY):
        services.save(query=query, name=name, email=email, verified=False)


def _show_form(request: HttpRequest, form: SaveForm, own: str, status: int = 200) -> HttpResponse:
    query = normalize(QueryDict(str(form["query"].value() or "")[:MAX_QUERY]))
    context: dict[str, Any] = {"form": form, "own": own, "name": describe(query)}
    context["list_url"] = list_url(query)
    return render(request, "saved_searches/save.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an email by its link: a button does it, because mail scanners open links."""
    try:
        pk = LINKS.read_confirm(token)
    except LinkExpired:
        return _show_step(request, "expired", status=410)
    if pk is None:
        raise Http404("This is not one of our links.")
    if request.method != "POST":
        return _show_step(request, "confirm", SavedSearch.objects.filter(pk=pk).first())
    search = services.confirm(pk)
    if search is None:
        return _show_step(request, "expired", status=410)
    return _show_step(request, "confirmed", search)


@never_cache
@csrf_exempt  # email apps post this without a CSRF token (RFC 8058); the link is signed
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """End a saved search; a button does it."""
    pk = LINKS.read_cancel(token)
    if pk is None:
        raise Http404("This is not one of our links.")
    if request.method != "POST":
        return _show_step(request, "cancel", SavedSearch.objects.filter(pk=pk).first())
    services.cancel(pk)
    return _show_step(request, "cancelled")


def _show_step(
    request: HttpRequest, step: str, search: SavedSearch | None = None, status: int = 200
) -> HttpResponse:
    context = {"step": step, "search": search, "url": list_url(search.query) if search else ""}
    response = render(request, "saved_searches/step.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


# --- In the account ------------------------------------------------------------------------------


@never_cache
@require_safe
@login_required
def account_list(request: CustomerRequest) -> HttpResponse:
    """List the account's saved searches, newest first."""
    own = SavedSearch.objects.of(request.user).confirmed()
    searches = [(search, list_url(search.query)) for search in own]
    return render(request, "saved_searches/account_list.html", {"searches": searches})


@login_required
@require_POST
def account_cancel(request: CustomerRequest, pk: int) -> HttpResponse:
    """Delete one saved search; 404 for another customer's."""
    if not SavedSearch.objects.of(request.user).filter(pk=pk).exists():
        raise Http404("There is no such saved search.")
    services.cancel(pk)
    messages.success(request, _("Saved search deleted."))
    return redirect("account_saved_searches:list")
