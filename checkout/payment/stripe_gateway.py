"""Our interface to Stripe: our own types and errors. No other module imports `stripe`.

Facts about stripe-python 16: without `max_network_retries` it never retries; its default timeout is
80 seconds; objects are not dicts; `base_addresses` sets another URL (the double, in the demo).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import stripe
from django.conf import settings
from requests.utils import get_environ_proxies

from checkout.payment.stripe_errors import (
    CardDeclined,
    ErrorReplayed,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    NotSent,
)
from checkout.payment.stripe_limits import LimitedSession, admit, take_slot
from checkout.payment.stripe_objects import event_from, field, intent_from, refund_from
from checkout.payment.stripe_types import Dispute, Event, FraudWarning, Intent, Refund, Review

__all__ = [
    "CardDeclined",
    "Event",
    "FraudWarning",
    "GatewayBusy",
    "GatewayDown",
    "GatewayError",
    "GatewayRefused",
    "Intent",
    "NotSent",
    "Refund",
    "Review",
    "take_slot",
]

P = ParamSpec("P")
T = TypeVar("T")

#: Payment method types that intents and the card field allow; the payment policy lists them.
METHODS = ("card",)
_EXPAND = ["latest_charge.balance_transaction"]
_EXPAND_EACH = [f"data.{path}" for path in _EXPAND]
#: The reason for our cancellations, which differs from Stripe's own reasons.
_CANCELLED_BY_US = "abandoned"
_RETRY_SUFFIXES = ("-2", "-3", "-4")
#: The most event types in one request.
_MAX_TYPES = 20


class BadSignature(Exception):
    """A webhook call with a wrong signature, or of the other mode (live or test)."""


@cache
def _client(key: str, base: str, timeout: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=timeout, session=_session(base)),
    )


def _session(base: str) -> LimitedSession:
    """Return a session with persistent connections.

    Proxies are looked up once, since requests would read the environment for each call, which
    takes a fifth of the time of a call.
    """
    session = LimitedSession()
    session.trust_env = False
    session.proxies = get_environ_proxies(base)
    return session


_under_lock: ContextVar[bool] = ContextVar("under_lock", default=False)


@contextmanager
def under_lock() -> Iterator[None]:
    """Use a shorter timeout while the caller holds a lock: each of three tries takes at most
    STRIPE_LOCK_TIMEOUT seconds. Jobs retry later."""
    before = _under_lock.set(True)
    try:
        yield
    finally:
        _under_lock.reset(before)


def _stripe() -> stripe.StripeClient:
    timeout = settings.STRIPE_TIMEOUT
    if _under_lock.get():
        timeout = min(timeout, settings.STRIPE_LOCK_TIMEOUT)
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, timeout)


def _with_our_errors(call: Callable[P, T]) -> Callable[P, T]:
    """Call within the limits of this request; convert the errors of stripe-python to our own."""

    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        admit()
        try:
            return call(*args, **kwargs)
        except stripe.CardError as error:
            ended = field(field(error.error, "payment_intent"), "status") == "canceled"
            said = error.user_message or "Your card was declined."
            raise CardDeclined(said, ended=ended) from error
        except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
            raise _no_answer(error) from error
        except stripe.StripeError as error:
            if (error.http_status or 0) >= 500:
                raise GatewayDown(str(error)) from error
            raise GatewayRefused(str(error), error.code or "") from error

    wrapped.__doc__ = call.__doc__
    return wrapped


def _no_answer(error: stripe.StripeError) -> GatewayDown:
    """Return our error for a lost answer, a 409, 429 or 5xx.

    stripe-python has already tried three times for 409, 5xx and the 429 of a locked object. The
    code of 409 and 429 is only in `error.error`.
    """
    if field(error.error, "code") == "idempotency_key_in_use":
        return GatewayBusy(str(error))
    replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    return (ErrorReplayed if replayed else GatewayDown)(str(error))


def create_intent(
    *, cents: int, currency: str, key: str, order_number: str, shipping: Any = None
) -> Intent:
    """Create an intent to be captured later; the same key returns the same intent.

    `shipping` is Stripe's: name and address. Without `receipt_email`, since Stripe would then email
    the customer, whatever the account's settings (docs.stripe.com/payments/advanced/receipts). If
    Stripe replays an error for the key, the next of a few fixed keys is used. An intent that was
    created nevertheless is unknown to everyone and can never be charged.
    """
    create = partial(
        _create_intent,
        cents=cents,
        currency=currency,
        attempt=key,
        order_number=order_number,
        more={"shipping": shipping} if shipping else {},
    )
    for again in ("", *_RETRY_SUFFIXES[:-1]):
        try:
            return create(key=f"create-{key}{again}")
        except ErrorReplayed:
            continue
    return create(key=f"create-{key}{_RETRY_SUFFIXES[-1]}")


@_with_our_errors
def _create_intent(
    *, cents: int, currency: str, attempt: str, order_number: str, more: Any, key: str
) -> Intent:
    made = _stripe().v1.payment_intents.create(
        {
            "amount": cents,
            "currency": currency.lower(),
            "capture_method": "manual",
            "allowed_payment_method_types": [*METHODS],
            "description": f"{settings.OSCAR_SHOP_NAME} order {order_number}",
            "metadata": {"order": order_number, "attempt": attempt, "site": settings.SITE_URL},
            **more,
        },
        {"idempotency_key": key},
    )
    return intent_from(made)


@_with_our_errors
def retrieve_intent(intent_id: str) -> Intent:
    """Return the current intent."""
    return intent_from(_stripe().v1.payment_intents.retrieve(intent_id, {"expand": _EXPAND}))


@_with_our_errors
def confirm_intent(intent_id: str, *, token: str, key: str, return_url: str) -> Intent:
    """Charge the card of a ConfirmationToken; raises CardDeclined.

    The answer has no charge, so `authorized_until` is None until settle() retrieves it.
    """
    confirmed = _stripe().v1.payment_intents.confirm(
        intent_id,
        {"confirmation_token": token, "return_url": return_url},
        {"idempotency_key": f"confirm-{key}-{token}"},
    )
    return intent_from(confirmed)


@_with_our_errors
def capture_intent(intent_id: str, *, cents: int) -> Intent:
    """Capture this amount and release the rest; Stripe rejects a second capture.

    Without an idempotency key, for which Stripe would replay its own errors for a day.
    """
    wanted: Any = {"amount_to_capture": cents, "expand": _EXPAND}
    return intent_from(_stripe().v1.payment_intents.capture(intent_id, wanted))


@_with_our_errors
def cancel_intent(intent_id: str) -> Intent:
    """Cancel an intent that is not captured; an authorization is released."""
    wanted: Any = {"cancellation_reason": _CANCELLED_BY_US, "expand": _EXPAND}
    return intent_from(_stripe().v1.payment_intents.cancel(intent_id, wanted))


@_with_our_errors
def refund_intent(intent_id: str, *, cents: int, key: str) -> Refund:
    """Refund captured money; the same key returns the same refund, unless that failed.

    Stripe would replay a failed refund for a day, so each failed refund moves on to the next of a
    fixed series of keys, which keeps concurrent requests idempotent.
    """
    tried = _refunds_under(intent_id, key)
    if existing := _not_failed(tried):
        return existing
    nth = f"-{len(tried) + 1}" if tried else ""
    made = _stripe().v1.refunds.create(
        {"payment_intent": intent_id, "amount": cents, "metadata": {"key": key}},
        {"idempotency_key": f"refund-{key}{nth}"},
    )
    return refund_from(made)


@_with_our_errors
def refund_made(intent_id: str, *, key: str) -> Refund | None:
    """Return the refund with a key, unless it failed."""
    return _not_failed(_refunds_under(intent_id, key))


def _refunds_under(intent_id: str, key: str) -> list[Refund]:
    listed = _stripe().v1.refunds.list({"payment_intent": intent_id, "limit": 100})
    found = [refund_from(each) for each in listed.auto_paging_iter()]
    return [refund for refund in found if refund.key == key]


def _not_failed(refunds: list[Refund]) -> Refund | None:
    return next((refund for refund in refunds if not refund.failed), None)


@_with_our_errors
def refunds_of(intent: Intent) -> list[Refund]:
    """Return all refunds of captured money, newest first."""
    listed = _stripe().v1.refunds.list({"payment_intent": intent.id, "limit": 100})
    found = [refund_from(each) for each in listed.auto_paging_iter()]
    if not intent.released:
        return found
    # the release is the oldest, since it was made with the capture, and has no key of ours
    same = (each for each in reversed(found) if each.amount == intent.released and not each.key)
    release = next(same, None)
    return [each for each in found if each is not release]


@_with_our_errors
def retrieve_dispute(dispute_id: str) -> Dispute:
    """Return the current dispute."""
    found = _stripe().v1.disputes.retrieve(dispute_id)
    return Dispute(
        id=found.id,
        status=found.status,
        amount=found.amount,
        currency=found.currency.upper(),
        reason=found.reason.replace("_", " "),
    )


@_with_our_errors
def retrieve_fraud_warning(warning_id: str) -> FraudWarning:
    """Return the current early fraud warning."""
    found = _stripe().v1.radar.early_fraud_warnings.retrieve(warning_id)
    return FraudWarning(
        id=found.id,
        fraud_type=found.fraud_type.replace("_", " "),
        actionable=found.actionable,
    )


@_with_our_errors
def retrieve_review(review_id: str) -> Review:
    """Return the current review."""
    found = _stripe().v1.reviews.retrieve(review_id)
    return Review(id=found.id, open=found.open, reason=found.reason)


@_with_our_errors
def recent_intents(age: timedelta) -> list[Intent]:
    """Return intents created within this time, newest first."""
    since = int((datetime.now(UTC) - age).timestamp())
    found = _stripe().v1.payment_intents.list(
        {"created": {"gte": since}, "limit": 100, "expand": _EXPAND_EACH}
    )
    return [intent_from(each) for each in found.auto_paging_iter()]


@_with_our_errors
def page_of_intents(*, after: str = "") -> tuple[list[Intent], bool]:
    """Return up to a hundred intents after `after`, newest first, and whether there are more.

    Reads plain JSON, since converting a page to the library's objects takes most of the time.
    """
    wanted: dict[str, Any] = {"limit": 100, "expand": _EXPAND_EACH}
    if after:
        wanted["starting_after"] = after
    answer = _stripe().raw_request("get", "/v1/payment_intents", **wanted)
    page = json.loads(answer.body, object_hook=lambda fields: SimpleNamespace(**fields))
    return [intent_from(each) for each in page.data], bool(page.has_more)


def read_event(payload: bytes, signature: str) -> Event:
    """Return the event of a webhook call, or raise BadSignature."""
    try:
        stripe.WebhookSignature.verify_header(
            payload.decode(), signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=300
        )
        event = stripe.Event.construct_from(json.loads(payload), settings.STRIPE_SECRET_KEY)
        read, livemode = event_from(event), bool(event.livemode)
    except (stripe.StripeError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadSignature(str(error)) from error
    if livemode != settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        raise BadSignature("The event is of the other mode (live or test).")
    return read


@_with_our_errors
def undelivered_events(age: timedelta, types: Iterable[str]) -> list[Event]:
    """Return undelivered events of these types within this time, oldest first."""
    return _events(age, types, {"delivery_success": False})


@_with_our_errors
def recent_events(age: timedelta, types: Iterable[str]) -> list[Event]:
    """Return events of these types within this time, oldest first."""
    return _events(age, types, {})


def _events(age: timedelta, types: Iterable[str], more: Any) -> list[Event]:
    since = int((datetime.now(UTC) - age).timestamp())
    wanted, found = sorted(types), list[Any]()
    for first in range(0, len(wanted), _MAX_TYPES):
        some = wanted[first : first + _MAX_TYPES]
        filters: Any = {"created": {"gte": since}, "types": some, "limit": 100, **more}
        found += _stripe().v1.events.list(filters).auto_paging_iter()
    found.reverse()  # so that sorting keeps the order within a second
    return [event_from(each) for each in sorted(found, key=attrgetter("created"))]
