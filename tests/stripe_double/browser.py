"""What a browser with a publishable key gets: the fields that Stripe.js's types name."""

from .state import Body

SHOWN = {
    "payment_intent": (
        "id",
        "object",
        "amount",
        "canceled_at",
        "cancellation_reason",
        "capture_method",
        "client_secret",
        "confirmation_method",
        "created",
        "currency",
        "description",
        "last_payment_error",
        "livemode",
        "next_action",
        "payment_method",
        "payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "status",
    ),
    "confirmation_token": (
        "id",
        "object",
        "created",
        "expires_at",
        "livemode",
        "payment_intent",
        "payment_method_preview",
        "return_url",
        "setup_future_usage",
        "setup_intent",
        "shipping",
        "use_stripe_sdk",
    ),
}


def shown(body: Body) -> Body:
    """The part of an object that its page may see."""
    return {name: body[name] for name in SHOWN[body["object"]]}
