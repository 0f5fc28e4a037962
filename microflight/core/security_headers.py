"""Security headers that Django itself does not set."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_BASE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _join(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def _with_stripe() -> dict[str, str]:
    """The policy of the pages that show the card field: Stripe's origins and no other."""
    parts = urlsplit(settings.STRIPE_JS_URL)
    script = f"{parts.scheme}://{parts.netloc}"
    hooks = "https://hooks.stripe.com" if script == "https://js.stripe.com" else script
    return {
        **_BASE,
        "script-src": f"'self' {script}",
        "frame-src": " ".join(dict.fromkeys([script, hooks])),
        "connect-src": f"'self' {settings.STRIPE_API_BASE}",
    }


def allow_stripe(response: HttpResponse) -> HttpResponse:
    """Mark a page as one that shows the card field, so that Stripe's script may run on it."""
    response["Content-Security-Policy"] = _join(_with_stripe())
    return response


def allow_own_frames(response: HttpResponse) -> HttpResponse:
    """Mark a page that shows another page of this site in a frame: a letter in the outbox."""
    response["Content-Security-Policy"] = _join({**_BASE, "frame-src": "'self'"})
    return response


class SecurityHeadersMiddleware:
    """Adds a strict Content-Security-Policy to every answer that has not set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = _join(_BASE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(self)"
        )
        return response
