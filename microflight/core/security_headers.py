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


def _stripe_js_origins() -> list[str]:
    """Return the origins of Stripe.js and its frames (docs.stripe.com/security/guide)."""
    parts = urlsplit(settings.STRIPE_JS_URL)
    origin = f"{parts.scheme}://{parts.netloc}"
    return [origin, "https://*.js.stripe.com"] if origin == "https://js.stripe.com" else [origin]


def _with_stripe() -> dict[str, str]:
    """Return the policy for pages with the card field: allows Stripe's origins only."""
    origins = _stripe_js_origins()
    hooks = ["https://hooks.stripe.com"] if len(origins) > 1 else []
    link = ["https://link.com", "https://*.link.com"] if settings.STRIPE_WALLETS else []
    return {
        **_BASE,
        "script-src": " ".join(["'self'", *origins]),
        "frame-src": " ".join([*origins, *hooks, *link]),
        "connect-src": " ".join(["'self'", settings.STRIPE_API_BASE, *link]),
        "img-src": " ".join([_BASE["img-src"], *link]),
    }


def _permissions(*may_pay: str) -> str:
    """Return a Permissions-Policy: this site, and `may_pay`, may use the Payment Request API."""
    payment = " ".join(["self", *(f'"{origin}"' for origin in may_pay)])
    return f"camera=(), geolocation=(), microphone=(), payment=({payment})"


def allow_stripe(response: HttpResponse) -> HttpResponse:
    """Allow Stripe's script on a page with the card field."""
    response["Content-Security-Policy"] = _join(_with_stripe())
    if settings.STRIPE_WALLETS:
        response["Permissions-Policy"] = _permissions(*_stripe_js_origins())
    return response


def allow_own_frames(response: HttpResponse) -> HttpResponse:
    """Allow a page to show another page of this site in a frame, e.g. an email."""
    response["Content-Security-Policy"] = _join({**_BASE, "frame-src": "'self'"})
    return response


class SecurityHeadersMiddleware:
    """Adds a strict Content-Security-Policy to every response that has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = _join(_BASE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("Permissions-Policy", _permissions())
        return response
