"""Where a form returns to: only paths of this site."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def is_local(request: HttpRequest, url: str) -> bool:
    """Return whether a URL is a path of this site; redirect() reads anything else as a name."""
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    return is_safe and url.startswith("/")


def next_url(request: HttpRequest, default: str) -> str:
    """Return the path in the form's field `next`, or `default`."""
    wanted = request.POST.get("next", "")
    return wanted if is_local(request, wanted) else default
