"""Stripe, as the shop needs it: our own types out, three kinds of trouble. Imports `stripe` alone.

Facts about stripe-python 16: without `max_network_retries` it never retries; its own time-out is
80 seconds; objects are not dicts; `base_addresses` points it elsewhere (the double, in the demo).
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

import requests
import stripe
from django.conf import settings
from requests.utils import get_environ_proxies

from checkout.payment.stripe_objects import event_from, field, intent_from, refund_from
from checkout.payment.stripe_types import Dispute, Event, FraudWarning, Intent, Refund, Review

P = ParamSpec("P")
T = TypeVar("T")

#: Payment method types that intents and the card field allow; the payment policy lists them.
METHODS = ("card",)
_EXPAND = ["latest_charge.balance_transaction"]
_EXPAND_EACH = [f"data.{path}" for path in _EXPAND]
#: Why we cancel an intent: any reason of ours tells our cancellations from Stripe's own.
_CANCELLED_BY_US = "abandoned"
_MORE_KEYS = ("-2", "-3", "-4")
#: How many types of events Stripe takes in one request for a list of them.
_MOST_TYPES = 20


class GatewayError(Exception):
    """Stripe did not do what was asked."""


class CardDeclined(GatewayError):
    """The bank refused; the text is Stripe's and may be shown to the shopper.

    `ended`: it was the last card that this intent takes (`Intent.is_used_up`).
    """

    def __init__(self, message: str, *, ended: bool = False) -> None:
        self.ended = ended
        super().__init__(message)


class GatewayDown(GatewayError):
    """No answer, or none to rely on: what was asked may have been done."""


class GatewayBusy(GatewayDown):
    """Stripe is at work on the very same request, which another press made."""


class ErrorKept(GatewayDown):
    """Stripe went wrong, and says the same again for a day to whoever uses this key."""


class GatewayRefused(GatewayError):
    """Stripe says no to us, for good; `code` is Stripe's."""

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class BadSignature(Exception):
    """A call to the webhook that Stripe did not sign, or not for this account's mode."""


@cache
def _client(key: str, base: str, timeout: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=timeout, session=_session(base)),
    )


def _session(base: str) -> requests.Session:
    """Connections that are kept. The environment's proxies are looked up once: requests would
    read the whole environment for each call, a fifth of the time that a call takes us."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = get_environ_proxies(base)
    return session


_hurried: ContextVar[bool] = ContextVar("hurried", default=False)


@contextmanager
def under_lock() -> Iterator[None]:
    """Ask with less patience, because others wait for what the caller has locked: each of three
    tries takes STRIPE_LOCK_TIMEOUT seconds at most. What was given up is asked for again later."""
    before = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(before)


def _stripe() -> stripe.StripeClient:
    patience = settings.STRIPE_TIMEOUT
    if _hurried.get():
        patience = min(patience, settings.STRIPE_LOCK_TIMEOUT)
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, patience)


def _translated(call: Callable[P, T]) -> Callable[P, T]:
    """Turn stripe-python's errors into our three."""

    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
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
    """Return what a lost answer, a 409, a 429 or a 5xx is for us.

    stripe-python has tried three times by then, for 409, 5xx and the 429 of a locked object; it
    gives the code of 409 and 429 in `error.error` only.
    """
    if field(error.error, "code") == "idempotency_key_in_use":
        return GatewayBusy(str(error))
    kept = (error.headers or {}).get("Idempotent-Replayed") == "true"
    return (ErrorKept if kept else GatewayDown)(str(error))


def create_intent(
    *, cents: int, currency: str, key: str, order_number: str, shipping: Any = None
) -> Intent:
    """Create an intent for a card, to be captured later; the same key gives the same intent.

    `shipping` is Stripe's: name and address. No `receipt_email`: Stripe would then write to the
    customer too, whatever the account's settings (docs.stripe.com/payments/advanced/receipts).
    Where Stripe keeps an error of its own under the key, the next key of a fixed row is used: an
    intent that it may have made all the same is in nobody's hands, and can never be charged.
    """
    create = partial(
        _create_intent,
        cents=cents,
        currency=currency,
        attempt=key,
        order_number=order_number,
        more={"shipping": shipping} if shipping else {},
    )
    for again in ("", *_MORE_KEYS[:-1]):
        try:
            return create(key=f"create-{key}{again}")
        except ErrorKept:
            continue
    return create(key=f"create-{key}{_MORE_KEYS[-1]}")


@_translated
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


@_translated
def retrieve_intent(intent_id: str) -> Intent:
    """Return the intent as it is now."""
    return intent_from(_stripe().v1.payment_intents.retrieve(intent_id, {"expand": _EXPAND}))


@_translated
def confirm_intent(intent_id: str, *, token: str, key: str, return_url: str) -> Intent:
    """Charge the card behind a ConfirmationToken; raises CardDeclined.

    The answer comes without the charge, which settling asks for: `authorised_until` is None.
    """
    confirmed = _stripe().v1.payment_intents.confirm(
        intent_id,
        {"confirmation_token": token, "return_url": return_url},
        {"idempotency_key": f"confirm-{key}-{token}"},
    )
    return intent_from(confirmed)


@_translated
def capture_intent(intent_id: str, *, cents: int) -> Intent:
    """Capture so much of what is held and release the rest; Stripe refuses the second time.

    Without a key of ours: under one, Stripe would repeat an error of its own for a day.
    """
    wanted: Any = {"amount_to_capture": cents, "expand": _EXPAND}
    return intent_from(_stripe().v1.payment_intents.capture(intent_id, wanted))


@_translated
def cancel_intent(intent_id: str) -> Intent:
    """Cancel an intent that was not captured; what was held is released."""
    wanted: Any = {"cancellation_reason": _CANCELLED_BY_US, "expand": _EXPAND}
    return intent_from(_stripe().v1.payment_intents.cancel(intent_id, wanted))


@_translated
def refund_intent(intent_id: str, *, cents: int, key: str) -> Refund:
    """Give captured money back; the same key gives the same refund, unless that has failed.

    Stripe would answer with a refund that failed for a day: each one that did moves on to the
    next key of a fixed row, so that whoever asks at once still asks for the same refund.
    """
    tried = _refunds_under(intent_id, key)
    if on_its_way := _arriving(tried):
        return on_its_way
    nth = f"-{len(tried) + 1}" if tried else ""
    made = _stripe().v1.refunds.create(
        {"payment_intent": intent_id, "amount": cents, "metadata": {"key": key}},
        {"idempotency_key": f"refund-{key}{nth}"},
    )
    return refund_from(made)


@_translated
def refund_made(intent_id: str, *, key: str) -> Refund | None:
    """Return the refund that was made under a key, if its money is on its way."""
    return _arriving(_refunds_under(intent_id, key))


def _refunds_under(intent_id: str, key: str) -> list[Refund]:
    listed = _stripe().v1.refunds.list({"payment_intent": intent_id, "limit": 100})
    found = [refund_from(each) for each in listed.auto_paging_iter()]
    return [refund for refund in found if refund.key == key]


def _arriving(refunds: list[Refund]) -> Refund | None:
    return next((refund for refund in refunds if not refund.failed), None)


@_translated
def refunds_of(intent: Intent) -> list[Refund]:
    """Return every refund of captured money, the newest first."""
    listed = _stripe().v1.refunds.list({"payment_intent": intent.id, "limit": 100})
    found = [refund_from(each) for each in listed.auto_paging_iter()]
    if not intent.released:
        return found
    # what was released is the oldest, since it was made with the capture, and has no key of ours
    same = (each for each in reversed(found) if each.amount == intent.released and not each.key)
    release = next(same, None)
    return [each for each in found if each is not release]


@_translated
def retrieve_dispute(dispute_id: str) -> Dispute:
    """Return a dispute as it is now."""
    found = _stripe().v1.disputes.retrieve(dispute_id)
    return Dispute(
        id=found.id,
        status=found.status,
        amount=found.amount,
        currency=found.currency.upper(),
        reason=found.reason.replace("_", " "),
    )


@_translated
def retrieve_fraud_warning(warning_id: str) -> FraudWarning:
    """Return an early fraud warning as it is now."""
    found = _stripe().v1.radar.early_fraud_warnings.retrieve(warning_id)
    return FraudWarning(
        id=found.id,
        fraud_type=found.fraud_type.replace("_", " "),
        actionable=found.actionable,
    )


@_translated
def retrieve_review(review_id: str) -> Review:
    """Return a review as it is now."""
    found = _stripe().v1.reviews.retrieve(review_id)
    return Review(id=found.id, open=found.open, reason=found.reason)


@_translated
def recent_intents(age: timedelta) -> list[Intent]:
    """Return the intents made within this time, the newest first."""
    since = int((datetime.now(UTC) - age).timestamp())
    found = _stripe().v1.payment_intents.list(
        {"created": {"gte": since}, "limit": 100, "expand": _EXPAND_EACH}
    )
    return [intent_from(each) for each in found.auto_paging_iter()]


@_translated
def page_of_intents(*, after: str = "") -> tuple[list[Intent], bool]:
    """Return up to a hundred intents, the newest first, from the one behind `after` on; and
    whether there are more. So whoever walks over all of them holds one page at a time.

    Read as plain JSON: most of the time for a page would go into the library's objects.
    """
    wanted: dict[str, Any] = {"limit": 100, "expand": _EXPAND_EACH}
    if after:
        wanted["starting_after"] = after
    answer = _stripe().raw_request("get", "/v1/payment_intents", **wanted)
    page = json.loads(answer.body, object_hook=lambda fields: SimpleNamespace(**fields))
    return [intent_from(each) for each in page.data], bool(page.has_more)


def read_event(payload: bytes, signature: str) -> Event:
    """Return what a webhook says, or raise BadSignature."""
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


@_translated
def undelivered_events(age: timedelta, types: Iterable[str]) -> list[Event]:
    """Return events of these types within this time that no webhook took, the oldest first."""
    return _events(age, types, {"delivery_success": False})


@_translated
def recent_events(age: timedelta, types: Iterable[str]) -> list[Event]:
    """Return events of these types within this time, the oldest first."""
    return _events(age, types, {})


def _events(age: timedelta, types: Iterable[str], more: Any) -> list[Event]:
    since = int((datetime.now(UTC) - age).timestamp())
    wanted, found = sorted(types), list[Any]()
    for first in range(0, len(wanted), _MOST_TYPES):
        some = wanted[first : first + _MOST_TYPES]
        filters: Any = {"created": {"gte": since}, "types": some, "limit": 100, **more}
        found += _stripe().v1.events.list(filters).auto_paging_iter()
    found.reverse()  # so that sorting keeps those of one second in their order
    return [event_from(each) for each in sorted(found, key=attrgetter("created"))]
